//! What only a server with many connections can show.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection as _;
use diesel_migrations::FileBasedMigrations;
use kith::config;
use kith::db::{Db, migrate};
use kith::kernel::Fault;
use kith::telemetry::Secret;
use tokio::sync::Notify;

use super::{execute, insert, rows, settings};
use crate::support::pg::{Durability, PgServer};

/// A pool on a new database of `server` with an empty table `t`.
async fn database(server: &PgServer, change: impl FnOnce(&mut config::Database)) -> Db {
    let mut settings = config::Database { url: Some(Secret::new(server.fresh_database().await)), ..settings() };
    change(&mut settings);
    let db = Db::connect(&settings).await.unwrap();
    execute(&db, "CREATE TABLE t (id int PRIMARY KEY)").await;
    db
}

#[tokio::test]
async fn statements_and_locks_have_their_time() {
    let server = PgServer::start_with(Durability::None).await;
    let db = database(&server, |settings| settings.statement_timeout_ms = 200).await;
    let slow: Result<(), Fault> =
        db.transaction(async |conn| Ok(conn.batch_execute("SELECT pg_sleep(3600)").await?)).await;
    assert!(matches!(slow, Err(Fault::Busy { .. })), "{slow:?}");

    let db = database(&server, |settings| settings.lock_timeout_ms = 200).await;
    let blocked: Result<(), Fault> = db
        .transaction(async |conn| {
            insert(conn, 1).await?;
            // Row 1 is not committed: the other transaction has to wait for it.
            match db.transaction(async |other| insert(other, 1).await).await {
                Err(Fault::Busy { .. }) => Ok(()),
                other => panic!("{other:?}"),
            }
        })
        .await;
    blocked.unwrap();
    assert_eq!(rows(&db).await, 1);
}

#[tokio::test]
async fn a_cancelled_transaction_ends_its_statement_and_frees_its_locks() {
    let server = PgServer::start_with(Durability::None).await;
    let hour = 3_600_000;
    let db = database(&server, |settings| {
        settings.statement_timeout_ms = hour;
        settings.idle_in_transaction_timeout_ms = hour;
        settings.lock_timeout_ms = 30_000;
    })
    .await;
    for then in ["SELECT pg_sleep(3600)", "SELECT 1"] {
        let reached = Arc::new(Notify::new());
        let (signal, theirs) = (Arc::clone(&reached), db.clone());
        let running = tokio::spawn(async move {
            let forever: Result<(), Fault> = theirs
                .transaction(async |conn| {
                    insert(conn, 1).await?;
                    signal.notify_one();
                    conn.batch_execute(then).await?;
                    std::future::pending().await
                })
                .await;
            forever
        });
        reached.notified().await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        // Would wait for row 1 for an hour if the cancelled transaction were still there.
        db.transaction(async |conn| insert(conn, 1).await).await.unwrap();
        execute(&db, "DELETE FROM t").await;
    }
}

#[tokio::test]
async fn h11_a_server_that_crashes_is_busy_and_used_again_when_it_is_back() {
    let mut server = PgServer::start().await;
    let db = database(&server, |settings| settings.acquire_timeout_ms = 500).await;
    db.transaction(async |conn| insert(conn, 1).await).await.unwrap();
    server.crash();
    let down = db.transaction(async |conn| insert(conn, 2).await).await;
    assert!(matches!(down, Err(Fault::Busy { .. })), "{down:?}");
    server.restart().await;
    db.transaction(async |conn| insert(conn, 3).await).await.unwrap();
    assert_eq!(rows(&db).await, 2, "what was acknowledged is there, what was refused is not");
}

#[tokio::test]
async fn h12_many_share_a_few_connections() {
    let server = PgServer::start_with(Durability::None).await;
    let db = database(&server, |settings| settings.max_connections = 4).await;
    let tasks: Vec<_> = (0..100)
        .map(|id| {
            let db = db.clone();
            tokio::spawn(async move { db.transaction(async |conn| insert(conn, id).await).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(rows(&db).await, 100);
    assert!(db.connections().open <= 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h15_processes_that_migrate_at_once_take_turns() {
    let server = PgServer::start_with(Durability::None).await;
    let url = server.fresh_database().await;
    let folder = tempfile::tempdir().unwrap();
    for step in 1..=3 {
        let step = folder.path().join(format!("000{step}_step"));
        std::fs::create_dir_all(&step).unwrap();
        // Not repeatable: a step that ran twice would fail.
        let table = step.file_name().unwrap().to_str().unwrap().replace("000", "t");
        std::fs::write(step.join("up.sql"), format!("SELECT pg_sleep(0.1); CREATE TABLE {table} (id int)")).unwrap();
        std::fs::write(step.join("down.sql"), format!("DROP TABLE {table}")).unwrap();
    }
    let mut tasks = Vec::new();
    for _ in 0..5 {
        let db = Db::connect(&config::Database { url: Some(Secret::new(url.clone())), ..settings() }).await.unwrap();
        let steps = FileBasedMigrations::from_path(folder.path()).unwrap();
        tasks.push(tokio::spawn(async move { migrate::run_all(&db, steps).await.unwrap().len() }));
    }
    let mut applied = Vec::new();
    for task in tasks {
        applied.push(task.await.unwrap());
    }
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 0, 0, 3], "one ran them all, the others found nothing to do");
}

#[tokio::test]
async fn sessions_are_set_up_and_stay_so_after_migrating() {
    let server = PgServer::start_with(Durability::None).await;
    let db = database(&server, |settings| {
        settings.statement_timeout_ms = 4_321;
        settings.max_connections = 1;
    })
    .await;
    migrate::run(&db).await.unwrap();
    let mut conn = db.get::<Infallible>().await.unwrap();
    for (name, value) in [
        ("statement_timeout", "4321ms"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("TimeZone", "UTC"),
        ("application_name", "kith"),
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("jit", "off"),
    ] {
        let found = diesel::dsl::sql::<diesel::sql_types::Text>(&format!("SELECT current_setting('{name}')"));
        let found: String = diesel_async::RunQueryDsl::get_result(found, &mut *conn).await.unwrap();
        assert_eq!(found, value, "{name}");
    }
    drop(conn);
    assert!(db.close(Duration::from_secs(30)).await);
}
