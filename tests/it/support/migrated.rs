//! An embedded database with every migration, made once for each build of the tests and copied ever after: running the
//! migrations takes longer than most tests do.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use diesel_async::SimpleAsyncConnection as _;
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

/// The migrated folder of this build.
async fn template(settings: &config::Database) -> PathBuf {
    let built = fs::metadata(std::env::current_exe().unwrap()).unwrap().modified().unwrap();
    let build = built.duration_since(UNIX_EPOCH).unwrap().as_nanos().to_string();
    let make = async |to: &Path| {
        let folder = folders::fresh();
        let data_dir = folder.path().join("data");
        let opened = db::open(&config::Database { data_dir: data_dir.clone(), ..settings.clone() }).await.unwrap();
        migrate::run(&opened.db).await.unwrap();
        // Nobody connects to the other two databases: 600 files less in every copy.
        let mut conn = opened.db.get::<Infallible>().await.unwrap();
        let unused = "UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'";
        for statement in [unused, "DROP DATABASE template0", "DROP DATABASE postgres"] {
            conn.batch_execute(statement).await.unwrap();
        }
        drop(conn);
        assert!(opened.close(Duration::from_secs(60)).await, "the migrated database did not stop");
        // The embedded PostgreSQL leaves some of their files.
        for oid in ["4", "5"] {
            let _ = fs::remove_dir_all(data_dir.join("postgres/tmp/pglite/base/base").join(oid));
        }
        folders::copy(&data_dir, to);
    };
    folders::made_once("migrated", &build, make).await
}
