//! Folders that tests copy their databases from, made once, and to: in memory where there is room, and gone when the test is.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The folders of tests that are in memory are named by this and the number of their process.
const PREFIX: &str = "kith-test-";
/// Databases go to memory if there is this much room: dozens of them, each of 20 to 40 MB.
#[cfg(target_os = "linux")]
const ROOM: u64 = 4 << 30;

/// A new folder. Removes what tests left there that were killed.
pub fn fresh() -> TempDir {
    let parent = parent();
    sweep(&parent);
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).unwrap()
}

/// A folder in `target/tmp` that is made once and copied ever after. Processes take turns in making it; a folder under its final name
/// is complete. Others of its kind are older, or were not completed, and go.
pub async fn made_once(kind: &str, name: &str, make: impl AsyncFnOnce(&Path)) -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let made = shared.join(format!("{kind}-{name}"));
    if made.exists() {
        return made;
    }
    fs::create_dir_all(shared).unwrap();
    let turn = File::create(shared.join(format!("{kind}.lock"))).unwrap();
    turn.lock().unwrap();
    if made.exists() {
        return made;
    }
    for entry in fs::read_dir(shared).unwrap().flatten() {
        if entry.file_name().to_str().is_some_and(|other| other.starts_with(&format!("{kind}-"))) {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let partial = shared.join(format!("{kind}-partial"));
    make(&partial).await;
    fs::rename(&partial, &made).unwrap();
    made
}

/// Copies a folder to a path where nothing is.
pub fn copy(from: &Path, to: &Path) {
    let mut cp = Command::new("cp");
    cp.arg("-R").arg(from).arg(to);
    // What is not written yet of PostgreSQL's log, most of it, takes no memory.
    if cfg!(target_os = "linux") {
        cp.arg("--sparse=always");
    }
    let copied = cp.output().unwrap();
    assert!(copied.status.success(), "cp: {}", String::from_utf8_lossy(&copied.stderr));
}

/// Making a thousand files takes a quarter of the time of a small test where the folder is on a disk.
#[cfg(target_os = "linux")]
fn parent() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match rustix::fs::statvfs(memory) {
        Ok(found) if found.f_bavail * found.f_frsize >= ROOM => memory.to_owned(),
        _ => std::env::temp_dir(),
    }
}

#[cfg(not(target_os = "linux"))]
fn parent() -> PathBuf {
    std::env::temp_dir()
}

fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).unwrap().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split_once('-')?.0.parse::<u32>().ok());
        if owner.is_some_and(|owner| Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{owner}")).exists())
        {
            // Another test may be removing it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
