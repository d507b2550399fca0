//! Migrations: in order, once, whole.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use diesel_migrations::FileBasedMigrations;
use kith::config;
use kith::db::migrate::{self, MigrateError, Status};
use kith::db::{Db, Opened};

use super::{child, child_folder, settings};

/// Writes a folder of migrations: names and `up.sql`; `down.sql` drops the table of the same number.
fn migrations(folder: &Path, steps: &[(&str, &str)]) -> FileBasedMigrations {
    for (name, up) in steps {
        let step = folder.join("steps").join(name);
        std::fs::create_dir_all(&step).unwrap();
        std::fs::write(step.join("up.sql"), up).unwrap();
        let number = name.split('_').next().unwrap();
        std::fs::write(step.join("down.sql"), format!("DROP TABLE t{}", number.trim_start_matches('0'))).unwrap();
    }
    FileBasedMigrations::from_path(folder.join("steps")).unwrap()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

async fn has_table(db: &Db, table: &str) -> bool {
    use diesel_async::RunQueryDsl as _;
    let mut conn = db.get::<std::convert::Infallible>().await.unwrap();
    diesel::dsl::sql::<diesel::sql_types::Bool>(&format!("SELECT to_regclass('{table}') IS NOT NULL"))
        .get_result(&mut *conn)
        .await
        .unwrap()
}

#[tokio::test]
async fn steps_run_in_order_once_and_are_reverted_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let steps = || {
        migrations(
            folder.path(),
            &[
                ("0002_second", "CREATE TABLE t2 (id int REFERENCES t1)"),
                ("0001_first", "CREATE TABLE t1 (id int PRIMARY KEY)"),
            ],
        )
    };
    let db = Opened::temporary(&settings()).await.unwrap();
    let db = &db.db;
    let fresh = Status { pending: strings(&["0001", "0002"]), ..Status::default() };
    assert_eq!(migrate::status_of(db, &steps()).await.unwrap(), fresh);
    assert!(!has_table(db, "__diesel_schema_migrations").await, "asking changes nothing");

    assert_eq!(migrate::run_all(db, steps()).await.unwrap(), strings(&["0001", "0002"]));
    assert_eq!(migrate::run_all(db, steps()).await.unwrap(), strings(&[]));
    assert!(migrate::status_of(db, &steps()).await.unwrap().is_current());

    assert_eq!(migrate::revert_latest(db, steps()).await.unwrap(), "0002");
    assert!(has_table(db, "t1").await && !has_table(db, "t2").await);
    assert_eq!(migrate::revert_latest(db, steps()).await.unwrap(), "0001");
    let nothing = migrate::revert_latest(db, steps()).await;
    assert!(matches!(nothing, Err(MigrateError::NothingToRevert)), "{nothing:?}");
}

#[tokio::test]
async fn a_step_that_fails_is_rolled_back_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let steps = migrations(
        folder.path(),
        &[("0001_first", "CREATE TABLE t1 (id int)"), ("0002_broken", "CREATE TABLE t2 (id int); SELECT nonsense")],
    );
    let opened = Opened::temporary(&settings()).await.unwrap();
    let error = migrate::run_all(&opened.db, steps).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("0002_broken") && text.contains("nonsense") && !text.contains('\n'), "{text}");
    assert!(has_table(&opened.db, "t1").await && !has_table(&opened.db, "t2").await);
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let later = migrations(
        folder.path(),
        &[("0001_first", "CREATE TABLE t1 (id int)"), ("0002_later", "CREATE TABLE t2 (id int)")],
    );
    let opened = Opened::temporary(&settings()).await.unwrap();
    migrate::run_all(&opened.db, later).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let earlier = || migrations(folder.path(), &[("0001_first", "CREATE TABLE t1 (id int)")]);
    for error in [
        migrate::run_all(&opened.db, earlier()).await.map(drop).unwrap_err(),
        migrate::revert_latest(&opened.db, earlier()).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(&error, MigrateError::Newer(unknown) if *unknown == strings(&["0002"])), "{error:?}");
    }
    assert!(!migrate::status_of(&opened.db, &earlier()).await.unwrap().is_current());
}

#[tokio::test]
async fn h15_a_step_outside_of_a_transaction_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let steps = migrations(folder.path(), &[("0001_first", "CREATE TABLE t1 (id int)")]);
    std::fs::write(folder.path().join("steps/0001_first/metadata.toml"), "run_in_transaction = false").unwrap();
    let opened = Opened::temporary(&settings()).await.unwrap();
    let error = migrate::run_all(&opened.db, steps).await.unwrap_err();
    assert!(matches!(error, MigrateError::NotTransactional(_)), "{error:?}");
}

/// Three steps, of which the second says that it has begun and then takes for ever.
fn slow_steps(folder: &Path) -> FileBasedMigrations {
    migrations(
        folder,
        &[
            ("0001_first", "CREATE TABLE t1 (id int)"),
            ("0002_slow", "CREATE TABLE t2 (id int); INSERT INTO t1 VALUES (1); SELECT pg_sleep(3600)"),
            ("0003_third", "CREATE TABLE t3 (id int)"),
        ],
    )
}

#[tokio::test]
#[ignore = "a child of the next test"]
async fn child_that_migrates() {
    let folder = child_folder();
    kith::telemetry::logging::init(kith::telemetry::logging::Format::Text, "info,kith::db=debug").unwrap();
    let opened = kith::db::open(&config::Database { data_dir: folder.join("data"), ..settings() }).await.unwrap();
    migrate::run_all(&opened.db, slow_steps(&folder)).await.unwrap();
}

#[tokio::test]
async fn h15_a_migration_interrupted_by_kill_9_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = child("db::migrate::child_that_migrates", folder.path());
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(log.any(|line| line.contains("0002_slow")), "the child says which step it runs");
    // Somewhere in the step: after its first statements if the machine is quick, before them if not.
    std::thread::sleep(Duration::from_millis(300));
    process.kill().unwrap();
    process.wait().unwrap();

    let opened =
        kith::db::open(&config::Database { data_dir: folder.path().join("data"), ..settings() }).await.unwrap();
    let status = migrate::status_of(&opened.db, &slow_steps(folder.path())).await.unwrap();
    assert_eq!((status.applied, &status.pending), (strings(&["0001"]), &strings(&["0002", "0003"])));
    assert!(has_table(&opened.db, "t1").await && !has_table(&opened.db, "t2").await, "no step is there by half");

    let repaired = tempfile::tempdir().unwrap();
    let steps = migrations(
        repaired.path(),
        &[
            ("0001_first", "CREATE TABLE t1 (id int)"),
            ("0002_slow", "CREATE TABLE t2 (id int)"),
            ("0003_third", "CREATE TABLE t3 (id int)"),
        ],
    );
    assert_eq!(migrate::run_all(&opened.db, steps).await.unwrap(), status.pending);
    assert!(has_table(&opened.db, "t3").await);
}

#[tokio::test]
async fn the_migrations_of_this_binary_run_and_go_back() {
    let opened = Opened::temporary(&settings()).await.unwrap();
    let steps = migrate::run(&opened.db).await.unwrap();
    assert!(!steps.is_empty());
    for step in steps.iter().rev() {
        assert_eq!(migrate::revert(&opened.db).await.unwrap(), *step);
    }
    assert_eq!(migrate::run(&opened.db).await.unwrap(), steps, "reverting left nothing behind");
    assert!(migrate::status(&opened.db).await.unwrap().is_current());
}
