//! A data folder as `initdb` leaves it, made once and copied ever after.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::super::folders;
use super::binaries::{Binaries, run};

/// Copies the prepared data folder to `data`, which must not exist; makes it first if nobody has.
pub fn copy(binaries: &Binaries, data: &Path) {
    folders::copy(&prepared(binaries), data);
}

/// The prepared folder of this PostgreSQL version. Processes take turns in making it; a folder under its final name is
/// complete.
fn prepared(binaries: &Binaries) -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let template = shared.join(format!("template-{}", binaries.version()));
    if template.exists() {
        return template;
    }
    fs::create_dir_all(shared).unwrap();
    let turn = File::create(shared.join("template.lock")).unwrap();
    turn.lock().unwrap();
    if template.exists() {
        return template;
    }
    // The server's user may not be allowed to enter `target`, so it works in a folder for temporary files.
    let folder = tempfile::Builder::new().prefix("kith-initdb-").tempdir().unwrap();
    binaries.give_to_server_user(folder.path());
    let made = folder.path().join("data");
    run(binaries
        .as_server_user("initdb")
        .args(["--username=kith", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
        .arg(&made));
    let partial = shared.join("template.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).unwrap();
    }
    folders::copy(&made, &partial);
    fs::rename(&partial, &template).unwrap();
    template
}
