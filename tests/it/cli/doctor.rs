//! `kith doctor`

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Server, kith, refused, run};

#[test]
fn a_healthy_installation_is_well_before_and_after_its_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = || run(kith(folder.path()).args(["doctor", "--listen", "127.0.0.1:0"]));
    let (code, report, err) = doctor();
    assert_eq!(code, 0, "{report} {err}");
    assert!(report.contains("will be made"), "{report}");
    assert!(!folder.path().join("data").exists(), "looking makes nothing");

    let server = Server::start(kith(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(server.signal("-TERM"), Some(0));
    let (code, report, err) = doctor();
    assert_eq!(code, 0, "{report} {err}");
    for check in ["settings", "port", "clock", "data folder", "connection", "PostgreSQL 17", "migrations"] {
        assert!(report.contains(check), "{check} is missing in {report}");
    }
}

#[test]
fn each_fault_is_a_line_and_the_password_is_in_none() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = kith(folder.path());
    let url = "postgres://kith:hunter2@127.0.0.1:1/kith";
    let (code, report, err) =
        run(command.args(["doctor", "--listen", &address]).env("DATABASE_URL", url).env("KITH_LISTEN", "127.0.0.1:0"));
    assert_eq!(code, 1, "{report}");
    let wrong: Vec<&str> = report.lines().filter(|line| line.starts_with("WRONG")).collect();
    assert_eq!(wrong.len(), 2, "{report}");
    assert!(wrong[0].contains("port") && wrong[0].contains(&address));
    assert!(wrong[1].contains("connection") && wrong[1].contains("does not answer"));
    assert!(report.contains("note") && report.contains("KITH_LISTEN is not a setting"), "{report}");
    assert!(report.contains("postgres://kith:***@127.0.0.1:1/kith"), "{report}");
    assert!(!format!("{report}{err}").contains("hunter2"));
}

#[test]
fn settings_that_cannot_be_read_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kith.toml"), "[server]\nlistn = 1").unwrap();
    let (code, report, _) = run(kith(folder.path()).arg("doctor"));
    assert_eq!(code, 2);
    assert!(report.starts_with("WRONG") && report.contains("server.listn") && report.lines().count() == 1, "{report}");
}

/// A program that runs another one as if the kernel had no Landlock, or no seccomp: the system call says that it does not exist.
fn kernel_without(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("without.c"), folder.join("without"));
    let code = r#"
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <string.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int argc, char **argv) {
            unsigned missing = argc > 2 && strcmp(argv[1], "landlock") == 0 ? SYS_landlock_create_ruleset : SYS_seccomp;
            struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, missing, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 90;
            execv(argv[2], argv + 2);
            return 91;
        }"#;
    std::fs::write(&source, code).unwrap();
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let built = Command::new(compiler).arg("-o").args([&program, &source]).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    program
}

/// The operator's trust file is under the same rules as plugins: one that others can write trusts nobody, and `doctor` says so.
#[cfg(target_os = "linux")]
#[test]
fn a_trust_file_that_others_can_write_is_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    let trust = folder.path().join("trust.toml");
    std::fs::write(&trust, "").unwrap();
    for (mode, ok) in [(0o644, true), (0o664, false)] {
        std::fs::set_permissions(&trust, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = kith(folder.path());
        command.env("KITH_PLUGINS__FOLDER", "plugins").env("KITH_PLUGINS__TRUST_FILE", "trust.toml");
        command.env("KITH_PLUGINS__LOCK_REQUIRED", "false");
        let (_, report, err) = run(command.args(["doctor", "--listen", "127.0.0.1:0"]));
        let line = report.lines().find(|line| line.contains("plugins")).unwrap_or_else(|| panic!("{report} {err}"));
        assert_eq!(line.starts_with("WRONG plugins"), !ok, "{line}");
        assert_eq!(line.contains("TRUST_FILE_WRITABLE"), !ok, "{line}");
    }
}

/// Contract, "Isolation": a sandbox that cannot be put up is a refusal, at the start and in `doctor`'s report.
#[cfg(target_os = "linux")]
#[test]
fn without_landlock_or_seccomp_doctor_says_so_and_a_server_with_plugins_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let without = kernel_without(folder.path());
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    std::fs::write(folder.path().join("trust.toml"), "").unwrap();
    for (missing, word) in [("landlock", "Landlock"), ("seccomp", "seccomp")] {
        let here = |with_plugins: bool| {
            let plain = kith(folder.path());
            let mut command = Command::new(&without);
            command.args([missing, env!("CARGO_BIN_EXE_kith")]).current_dir(folder.path()).env_clear();
            command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
            if with_plugins {
                command.env("KITH_PLUGINS__FOLDER", "plugins").env("KITH_PLUGINS__TRUST_FILE", "trust.toml");
                command.env("KITH_PLUGINS__LOCK_REQUIRED", "false");
            }
            command
        };
        let (code, report, err) = run(here(true).args(["doctor", "--listen", "127.0.0.1:0"]));
        assert_eq!(code, 1, "{report} {err}");
        let line = report.lines().find(|line| line.contains("plugins")).unwrap();
        assert!(line.starts_with("WRONG plugins") && line.contains("isolated plugins cannot run here"), "{line}");
        assert!(line.contains(word), "{line}");
        // Where plugins are off it is no fault.
        let (code, report, _) = run(here(false).args(["doctor", "--listen", "127.0.0.1:0"]));
        let line = report.lines().find(|line| line.contains("plugins")).unwrap();
        assert_eq!(code, 0, "{report}");
        assert!(line.starts_with("note  plugins") && line.contains(word), "{line}");
        refused(here(true).args(["serve", "--listen", "127.0.0.1:0"]), &["plugins.folder", "isolated plugins", word]);
    }
}
