//! An embedded database with every migration, made once for each build of the tests and copied ever after: running the
//! migrations takes longer than most tests do.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use kith::config;
use kith::db::{self, Opened, migrate};
use tempfile::TempDir;

use super::folders;

/// The database, and its folder: to be dropped in this order.
pub struct Migrated {
    /// The database.
    pub opened: Opened,
    _folder: TempDir,
}

impl Migrated {
    /// A database of one's own.
    pub async fn fresh(settings: config::Database) -> Self {
        let template = template(&settings).await;
        let folder = folders::fresh();
        let data_dir = folder.path().join("data");
        folders::copy(&template, &data_dir);
        Self { opened: db::open(&config::Database { data_dir, ..settings }).await.unwrap(), _folder: folder }
    }

    /// Stops the server.
    pub async fn close(self) {
        self.opened.close(Duration::from_secs(10)).await;
    }
}

/// The migrated folder of this build. Processes take turns in making it; a folder under its final name is complete.
async fn template(settings: &config::Database) -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let built = fs::metadata(std::env::current_exe().unwrap()).unwrap().modified().unwrap();
    let name = format!("migrated-{}", built.duration_since(UNIX_EPOCH).unwrap().as_nanos());
    let template = shared.join(&name);
    if template.exists() {
        return template;
    }
    fs::create_dir_all(shared).unwrap();
    let turn = File::create(shared.join("migrated.lock")).unwrap();
    turn.lock().unwrap();
    if template.exists() {
        return template;
    }
    for entry in fs::read_dir(shared).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("migrated-") {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let partial = folders::fresh();
    let data_dir = partial.path().join("data");
    let opened = db::open(&config::Database { data_dir: data_dir.clone(), ..settings.clone() }).await.unwrap();
    migrate::run(&opened.db).await.unwrap();
    assert!(opened.close(Duration::from_secs(60)).await, "the migrated database did not stop");
    let copied = shared.join("migrated-partial");
    folders::copy(&data_dir, &copied);
    fs::rename(&copied, &template).unwrap();
    template
}
