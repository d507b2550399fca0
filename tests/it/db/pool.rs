//! Connections: borrowed for a bounded time of waiting, given back clean.

use std::convert::Infallible;

use kith::config;
use kith::db::{Db, Opened};
use kith::kernel::Fault;

use super::{GRACE, database, settings};

#[tokio::test]
async fn h12_an_exhausted_pool_is_busy_and_recovers() {
    let impatient = config::Database { acquire_timeout_ms: 50, ..settings() };
    let opened = Opened::temporary(&impatient).await.unwrap();
    let held = opened.db.get::<Infallible>().await.unwrap();
    let Err(fault) = opened.db.get::<Infallible>().await else { panic!("there is only one connection") };
    assert!(matches!(fault, Fault::Busy { retry_after } if !retry_after.is_zero()), "{fault:?}");
    drop(held);
    assert!(opened.db.get::<Infallible>().await.is_ok());
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let opened = database().await;
    for _ in 0..10 {
        opened.db.version().await.unwrap();
    }
    assert_eq!(opened.db.connections().open, 1);
    assert_eq!(opened.db.connections().idle, 1);
}

#[tokio::test]
async fn statements_are_counted() {
    let opened = database().await;
    let before = opened.db.statements();
    opened.db.version().await.unwrap();
    assert_eq!(opened.db.statements() - before, 1);

    let before = opened.db.statements();
    opened.db.transaction(async |conn| super::insert(conn, 1).await).await.unwrap();
    assert_eq!(opened.db.statements() - before, 3, "BEGIN, INSERT, COMMIT");
}

#[tokio::test]
async fn closing_waits_for_borrowed_connections_and_turns_others_away() {
    let opened = database().await;
    let db = opened.db.clone();
    let held = db.get::<Infallible>().await.unwrap();
    let closing = tokio::spawn(opened.close(GRACE));
    while db.get::<Infallible>().await.is_ok() {}
    assert!(!closing.is_finished(), "a connection is still borrowed");
    drop(held);
    assert!(closing.await.unwrap());
}

#[tokio::test]
async fn h35_an_unreachable_server_is_said_without_its_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hidden = tempfile::tempdir().unwrap();
    for url in [
        format!("postgres://kith:hunter2@{free}/kith"),
        format!("postgres://kith:hunter2@/kith?host={}", hidden.path().display()),
        "postgres://kith:hun@ter2:x@/kith".to_owned(),
        "postgres://kith:hun?ter2=hunter2@h/kith".to_owned(),
        "postgres://kith:hunter2@h/kith?sslmode=maybe".to_owned(),
        "postgres://kith:hunter2@h/kith?hunter2=1".to_owned(),
        "hunter2".to_owned(),
    ] {
        let settings = config::Database { url: Some(kith::telemetry::Secret::new(url)), ..settings() };
        let Err(error) = Db::connect(&settings).await else { panic!("nothing is there") };
        let text = format!("{error} {error:?} {settings:?}");
        assert!(!text.contains("ter2") && !text.contains('\n'), "{text}");
    }
}
