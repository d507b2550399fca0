//! The embedded server as such: its folder, and what survives.

use std::io::{BufRead as _, BufReader};

use kith::config;
use kith::db::embedded::{Embedded, EmbeddedError};

use super::{GRACE, child, child_folder, execute, insert, rows, say, settings};

#[tokio::test]
async fn a_folder_in_use_is_refused_by_name_and_free_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let first = Embedded::start(folder.path()).await.unwrap();
    let Err(error) = Embedded::start(folder.path()).await else { panic!("the folder is in use") };
    assert!(matches!(error, EmbeddedError::InUse(_)), "{error:?}");
    assert!(error.to_string().contains(&*folder.path().to_string_lossy()), "{error}");
    assert!(first.stop(GRACE).await);
    assert!(Embedded::start(folder.path()).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_refused_by_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let Err(error) = Embedded::start(&file.path().join("data")).await else { panic!("a file is in the way") };
    assert!(error.to_string().contains(&*file.path().to_string_lossy()), "{error}");
}

#[tokio::test]
async fn a_folder_can_be_moved_and_others_cannot_look_into_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let (old, new) = (parent.path().join("old"), parent.path().join("new"));
    let opened = kith::db::open(&config::Database { data_dir: old.clone(), ..settings() }).await.unwrap();
    assert_eq!(std::fs::metadata(&old).unwrap().permissions().mode() & 0o077, 0);
    execute(&opened.db, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)").await;
    assert!(opened.close(GRACE).await);

    std::fs::rename(&old, &new).unwrap();
    let opened = kith::db::open(&config::Database { data_dir: new, ..settings() }).await.unwrap();
    assert!(opened.is_embedded());
    assert_eq!(rows(&opened.db).await, 1);
}

#[tokio::test]
async fn several_run_at_once() {
    let (one, two) = (super::database().await, super::database().await);
    one.db.transaction(async |conn| insert(conn, 1).await).await.unwrap();
    assert_eq!((rows(&one.db).await, rows(&two.db).await), (1, 0));
}

/// Adds rows for ever and says each when it is committed.
#[tokio::test]
#[ignore = "a child of the next test"]
async fn child_that_writes() {
    let opened = kith::db::open(&config::Database { data_dir: child_folder(), ..settings() }).await.unwrap();
    execute(&opened.db, "CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY)").await;
    let first = i32::try_from(rows(&opened.db).await).unwrap();
    for id in first.. {
        opened.db.transaction(async |conn| insert(conn, id).await).await.unwrap();
        say(&format!("committed {id}"));
    }
}

#[tokio::test]
async fn acknowledged_rows_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for lines in [1, 40, 15] {
        let mut process = child("db::embedded::child_that_writes", folder.path()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let said = output
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("committed ")?.parse::<i64>().ok());
        let last = said.take(lines).last().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        acknowledged = acknowledged.max(last + 1);
    }
    let opened = kith::db::open(&config::Database { data_dir: folder.path().to_owned(), ..settings() }).await.unwrap();
    let found = rows(&opened.db).await;
    assert!(found >= acknowledged, "{found} rows, but {acknowledged} were acknowledged");
}
