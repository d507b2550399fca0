//! What a plugin cannot do in its child.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use kith_plugin_host::{Config, Missing, StartRefusal, State, sandbox};
use support::{ask, back, patient, refusal, start, until_state};

#[test]
fn this_kernel_has_what_isolation_needs() {
    sandbox::available().unwrap();
    eprintln!("Landlock version {}", sandbox::landlock_version());
}

/// A forbidden call is not carried out, denies, and quarantines; only an operator's word brings the plugin back.
async fn forbidden(call: &str) {
    let plugin = start(patient()).await;
    assert!(plugin.authorize(ask("ok")).await.allowed());
    let verdict = plugin.authorize(ask(call)).await;
    assert!(!verdict.allowed(), "{call} was let through");
    until_state(&plugin, State::Quarantined).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(plugin.stats().state, State::Quarantined, "{call}: it started again by itself");
    assert!(plugin.stats().last_failure.starts_with("CHILD_FORBIDDEN_CALL"), "{call}: {:?}", plugin.stats());
    assert!(!plugin.authorize(ask("ok")).await.allowed());
    plugin.release();
    back(&plugin, Duration::from_secs(10)).await;
}

macro_rules! forbidden {
    ($($name:ident $call:literal,)*) => {$(
        #[tokio::test]
        async fn $name() {
            forbidden($call).await;
        }
    )*};
}

forbidden! {
    opening_a_file_is_forbidden "sys.open",
    creating_a_file_is_forbidden "sys.create",
    opening_the_memory_of_process_1_is_forbidden "sys.mem",
    making_a_socket_is_forbidden "sys.socket",
    connecting_is_forbidden "sys.connect",
    forking_is_forbidden "sys.fork",
    making_a_thread_is_forbidden "sys.clone",
    execve_is_forbidden "sys.execve",
    killing_the_server_is_forbidden "sys.kill",
    signals_to_itself_but_abort_are_forbidden "sys.killself",
    ptrace_is_forbidden "sys.ptrace",
    writable_code_is_forbidden "sys.rwx",
    mapping_code_is_forbidden "sys.exec_mapping",
    making_memory_executable_is_forbidden "sys.mprotect",
    a_memfd_is_forbidden "sys.memfd",
    duplicating_descriptors_is_forbidden "sys.dup",
    outliving_the_server_is_forbidden "sys.prctl",
    another_filter_is_forbidden "sys.seccomp",
    io_uring_is_forbidden "sys.io_uring",
    bpf_is_forbidden "sys.bpf",
    reading_other_processes_is_forbidden "sys.process_vm",
    other_limits_are_forbidden "sys.setrlimit",
    namespaces_are_forbidden "sys.unshare",
    unknown_calls_are_forbidden "sys.unknown",
}

/// An operator's word is about what has happened, not about what will.
#[tokio::test]
async fn a_release_of_a_plugin_that_runs_ends_no_later_quarantine() {
    let plugin = start(patient()).await;
    plugin.release();
    assert!(plugin.authorize(ask("ok")).await.allowed());
    assert!(!plugin.authorize(ask("sys.socket")).await.allowed());
    until_state(&plugin, State::Quarantined).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!((plugin.stats().state, plugin.child_id()), (State::Quarantined, None), "it started again by itself");
    plugin.release();
    back(&plugin, Duration::from_secs(10)).await;
}

#[tokio::test]
async fn a_constructor_finds_no_files() {
    // Opening is a call that loading needs; Landlock lets it find nothing. (13: EACCES.)
    for file in ["/etc/passwd", "/proc/1/mem", "/proc/self/mem", "/proc/self/maps", "/dev/null", "/", "/usr/lib"] {
        let code = format!("opened = open(\"{file}\", O_RDONLY); opened = opened < 0 ? errno : 0;");
        let plugin =
            kith_plugin_host::Isolated::start(patient(), support::library(&[&format!("-DCONSTRUCTOR={code}")]), "{}")
                .await
                .unwrap();
        assert_eq!(plugin.authorize(ask("ok")).await.reason_code(), 13, "{file}");
    }
}

#[tokio::test]
async fn a_constructor_can_do_nothing_else() {
    let constructors = [
        "open(\"/tmp/kith-evil\", O_CREAT | O_WRONLY, 0600);",
        "open(\"/etc/passwd\", O_RDWR);",
        "socket(AF_UNIX, SOCK_STREAM, 0);",
        "fork();",
        "execve(\"/bin/true\", 0, 0);",
        "kill(getppid(), 9);",
        "ptrace(PTRACE_TRACEME, 0, 0, 0);",
        "prctl(PR_SET_PDEATHSIG, 0);",
        "mmap(0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
        "mmap(0, 4096, 5, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
        "mprotect((void *)((unsigned long)&begin & ~4095ul), 4096, 7);",
    ];
    for code in constructors {
        let refusal = refusal(patient(), &[&format!("-DCONSTRUCTOR={code}")]).await;
        assert_eq!(refusal, StartRefusal::Forbidden, "{code}");
    }
}

#[tokio::test]
async fn the_child_has_exactly_the_expected_descriptors() {
    // One that a careless library of the server left open for everybody.
    let leaked = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let plugin = start(patient()).await;
    let folder = format!("/proc/{}/fd", plugin.child_id().unwrap());
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("not root: the child's descriptors cannot be seen, as it should be");
        return;
    };
    let mut found: Vec<String> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let target = std::fs::read_link(entry.path()).unwrap().display().to_string();
            let kind = target.split([':', '[']).next().unwrap().to_owned();
            format!("{} {}", entry.file_name().display(), if target.starts_with("/memfd") { target } else { kind })
        })
        .collect();
    found.sort();
    let expected = ["0 socket", "1 /dev/null", "2 /dev/null", "3 /memfd:kith-plugin (deleted)"];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_child_has_no_environment_no_rights_and_tight_limits() {
    let plugin = start(patient()).await;
    let pid = plugin.child_id().unwrap();
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let status = read("status");
    let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("?").trim().to_owned();
    assert_eq!(field("NoNewPrivs:"), "1");
    assert_eq!(field("Seccomp:"), "2");
    assert_eq!(field("Seccomp_filters:"), "2");
    assert_eq!(field("CapEff:"), "0000000000000000");
    assert_eq!(field("CapPrm:"), "0000000000000000");
    assert_eq!(field("Threads:"), "1");
    assert_eq!(read("environ"), "");
    let limits = read("limits");
    let limit = |name: &str| {
        let line = limits.lines().find(|l| l.starts_with(name)).unwrap_or_default();
        line[name.len()..].split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(limit("Max core file size"), "0 0");
    assert_eq!(limit("Max processes"), "0 0");
    assert_eq!(limit("Max file size"), "0 0");
    assert_eq!(limit("Max open files"), "5 5");
    assert_ne!(limit("Max address space"), "unlimited unlimited");
}

#[tokio::test]
async fn without_landlock_isolated_mode_refuses_to_start() {
    let missing = Config { simulate_missing: Some(Missing::Landlock), ..patient() };
    let refusal = refusal(missing, &[]).await;
    assert_eq!(refusal.code(), "SANDBOX_LANDLOCK");
    assert!(refusal.to_string().contains("Linux 5.19"), "{refusal}");
}

#[tokio::test]
async fn without_seccomp_isolated_mode_refuses_to_start() {
    let missing = Config { simulate_missing: Some(Missing::Seccomp), ..patient() };
    assert_eq!(refusal(missing, &[]).await.code(), "SANDBOX_SECCOMP");
}

#[tokio::test]
async fn without_a_sandbox_no_code_of_the_plugin_runs() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("ran");
    let code = format!("-DCONSTRUCTOR=open(\"{}\", O_CREAT | O_WRONLY, 0600);", marker.display());
    for missing in [Missing::Landlock, Missing::Seccomp] {
        let refusal = refusal(Config { simulate_missing: Some(missing), ..patient() }, &[&code]).await;
        assert!(matches!(refusal, StartRefusal::Sandbox(..)), "{refusal}");
        assert!(!marker.exists());
    }
}
