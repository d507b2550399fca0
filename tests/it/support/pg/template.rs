//! A data folder as `initdb` leaves it, made once and copied ever after.

use std::path::{Path, PathBuf};

use super::super::folders;
use super::binaries::{Binaries, run};

/// Copies the prepared data folder to `data`, which must not exist; makes it first if nobody has.
pub async fn copy(binaries: &Binaries, data: &Path) {
    folders::copy(&prepared(binaries).await, data);
}

/// The prepared folder of this PostgreSQL version.
async fn prepared(binaries: &Binaries) -> PathBuf {
    let make = async |to: &Path| {
        // The server's user may not be allowed to enter `target`, so it works in a folder for temporary files.
        let folder = tempfile::Builder::new().prefix("kith-initdb-").tempdir().unwrap();
        binaries.give_to_server_user(folder.path());
        let made = folder.path().join("data");
        run(binaries
            .as_server_user("initdb")
            .args(["--username=kith", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
            .arg(&made));
        folders::copy(&made, to);
    };
    folders::made_once("template", &binaries.version(), make).await
}
