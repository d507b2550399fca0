//! Builds the mischievous plugin and runs it in children.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use kith_plugin_host::{Config, Isolated, StartRefusal, State};
use kith_plugin_loader::{Checked, OwnedRequest, Rules, open};

pub fn child() -> PathBuf {
    env!("CARGO_BIN_EXE_kith-plugin-host-child").into()
}

pub fn config() -> Config {
    Config { program: child(), ..Config::default() }
}

/// Patient: for tests about something else than deadlines, on a machine that is busy with other tests.
pub fn patient() -> Config {
    let second = Duration::from_secs(1);
    Config { deadline: second, hard_deadline: second, start_limit: 20 * second, ..config() }
}

/// Compiles the plugin; `flags` choose what it does outside of calls.
pub fn library(flags: &[&str]) -> Checked {
    let folder = tempfile::Builder::new().prefix("kith-host-").tempdir().unwrap();
    build(folder.path(), flags);
    check(folder.path())
}

pub fn build(folder: &Path, flags: &[&str]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let result = Command::new("cc")
        .args(["-std=gnu11", "-O1", "-w", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,--build-id=sha1"])
        .arg("-I")
        .arg(here.join("../abi/include"))
        .arg("-o")
        .arg(folder.join("plugin.so"))
        .arg(here.join("tests/support/mischief.c"))
        .args(flags)
        .output()
        .unwrap();
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder.join("plugin.so"), std::fs::Permissions::from_mode(0o644)).unwrap();
}

pub fn check(folder: &Path) -> Checked {
    let sealed = open(folder, "plugin.so", &Rules::standard(16 << 20)).unwrap().seal().unwrap();
    let expected = sealed.measure().unwrap();
    sealed.check(&expected).unwrap()
}

pub async fn start(config: Config) -> Isolated {
    Isolated::start(config, library(&[]), "{}").await.unwrap()
}

pub async fn refusal(config: Config, flags: &[&str]) -> StartRefusal {
    Isolated::start(config, library(flags), "{}").await.expect_err("must be refused")
}

pub fn ask(what: &str) -> OwnedRequest {
    OwnedRequest { permission: format!("acme.{what}"), ..OwnedRequest::default() }
}

/// Asks until it is allowed again; how long that took.
pub async fn back(plugin: &Isolated, patience: Duration) -> Duration {
    let before = Instant::now();
    loop {
        if plugin.authorize(ask("ok")).await.allowed() {
            return before.elapsed();
        }
        assert!(before.elapsed() < patience, "not back: {:?}", plugin.stats());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits for a state.
pub async fn until_state(plugin: &Isolated, wanted: State) {
    let mut states = plugin.watch();
    tokio::time::timeout(Duration::from_secs(20), states.wait_for(|s| *s == wanted)).await.unwrap().unwrap();
}

/// Whether a process is there and no zombie.
pub fn alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Sends a signal. A process that has just ended is none to send it to: the supervisor kills them too.
pub fn signal(pid: u32, signal: rustix::process::Signal) {
    match rustix::process::kill_process(rustix::process::Pid::from_raw(pid as i32).unwrap(), signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => panic!("signal {signal:?} to {pid}: {error}"),
    }
}
