//! Several workers, several processes, and processes that are killed: on a server with many connections.

use std::time::Duration;

use super::{Diary, diary, emit, settings, undelivered, worker};
use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};
use kith::worker::Worker;
use tokio_util::sync::CancellationToken;

async fn app_on(server: &PgServer) -> (TestApp, String) {
    let url = server.fresh_database().await;
    let app = TestApp::start_on(&url, 8).await;
    app.sql("CREATE TABLE diary (n bigint NOT NULL)").await;
    (app, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn four_workers_share_without_losing_or_doubling() {
    let server = PgServer::start_with(Durability::None).await;
    let (app, url) = app_on(&server).await;
    let other = TestApp::start_on(&url, 8).await;
    let shutdown = CancellationToken::new();
    let mut running = Vec::new();
    for app in [&app, &app, &other, &other] {
        let settings = kith::config::Worker { poll_interval_ms: 10, ..settings() };
        let worker = Worker::new(app.door.clone(), vec![Box::new(Diary)], settings);
        let stop = shutdown.clone();
        running.push(tokio::spawn(async move { worker.run(stop).await }));
    }
    for chunk in 0..20 {
        emit(&app, chunk * 50..chunk * 50 + 50).await;
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    while undelivered(&app).await > 0 {
        assert!(tokio::time::Instant::now() < deadline, "not everything is delivered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    shutdown.cancel();
    for worker in running {
        tokio::time::timeout(Duration::from_secs(60), worker).await.unwrap().unwrap();
    }
    assert_eq!(diary(&app).await, (0..1000).collect::<Vec<_>>());
    app.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_leaves_nothing_half_done() {
    let server = PgServer::start_with(Durability::None).await;
    let (app, _) = app_on(&server).await;
    emit(&app, 0..300).await;
    // Ended at every point of a batch: its connection is cut in the middle of a transaction.
    for micros in (0..60).map(|n| n * 700) {
        let worker = worker(&app, vec![Box::new(Diary)]);
        let working = tokio::spawn(async move { worker.drain(&CancellationToken::new()).await.map(|_| ()) });
        tokio::time::sleep(Duration::from_micros(micros)).await;
        working.abort();
        let _ended = working.await;
    }
    let worker = worker(&app, vec![Box::new(Diary)]);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while undelivered(&app).await > 0 {
        assert!(tokio::time::Instant::now() < deadline, "what the killed ones held does not come free");
        super::drain(&worker).await;
    }
    assert_eq!(diary(&app).await, (0..300).collect::<Vec<_>>());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_and_comes_back_costs_nothing() {
    let mut server = PgServer::start().await;
    let (app, _) = app_on(&server).await;
    emit(&app, 0..200).await;
    let settings = kith::config::Worker { poll_interval_ms: 10, ..settings() };
    let worker = Worker::new(app.door.clone(), vec![Box::new(Diary)], settings);
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let running = tokio::spawn(async move { worker.run(stop).await });
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while diary(&app).await.is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "it does not begin");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.crash();
    server.restart().await;
    // A query on a connection that the crash has cut may fail; the pool replaces it.
    let count = async || {
        let mut conn = app.door.db.get::<std::convert::Infallible>().await.ok()?;
        let sql = diesel::sql_query("SELECT count(*) AS n FROM outbox");
        let row: super::Number = diesel_async::RunQueryDsl::get_result(sql, &mut *conn).await.ok()?;
        Some(row.n)
    };
    while count().await != Some(0) {
        assert!(tokio::time::Instant::now() < deadline, "it does not go on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(60), running).await.unwrap().unwrap();
    assert_eq!(diary(&app).await, (0..200).collect::<Vec<_>>());
    app.stop().await;
}
