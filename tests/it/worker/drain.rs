//! Draining: batches, order, who wants what, waking up, stopping.

use std::time::Duration;

use kith::domains::notifications::Inbox;
use tokio_util::sync::CancellationToken;

use super::{Diary, app_with_diary, diary, drain, emit, settings, undelivered, worker};
use crate::support::app::TestApp;

/// Waits until something holds; a minute is generous.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_delivered_once_in_batches() {
    let app = app_with_diary().await;
    let worker = worker(&app, vec![Box::new(Diary)]);
    emit(&app, 0..35).await;
    assert_eq!(drain(&worker).await, 35);
    assert_eq!(diary(&app).await, (0..35).collect::<Vec<_>>());
    assert_eq!(drain(&worker).await, 0, "nothing comes twice");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_nobody_wants_are_delivered_as_well() {
    let app = app_with_diary().await;
    emit(&app, 0..3).await;
    assert_eq!(drain(&worker(&app, vec![Box::new(Inbox)])).await, 3);
    assert_eq!((undelivered(&app).await, diary(&app).await), (0, vec![]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_due_waits() {
    let app = app_with_diary().await;
    let worker = worker(&app, vec![Box::new(Diary)]);
    app.clock.advance(chrono::TimeDelta::hours(1));
    emit(&app, 0..1).await;
    app.clock.advance(-chrono::TimeDelta::hours(1));
    assert_eq!(drain(&worker).await, 0);
    app.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(drain(&worker).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_wakes_the_worker_of_its_process() {
    let app = TestApp::start().await;
    let worker = worker(&app, vec![Box::new(Inbox)]);
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let running = tokio::spawn(async move { worker.run(stop).await });
    // It polls once an hour here, so whatever is delivered now, a command has told of.
    let seller = app.account("aurora").await;
    app.shop(&seller).await;
    until("the worker sleeps on", async || super::undelivered(&app).await == 0).await;
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(60), running).await.unwrap().unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_being_told_it_looks_by_itself() {
    let app = app_with_diary().await;
    let settings = kith::config::Worker { poll_interval_ms: 10, ..settings() };
    let worker = kith::worker::Worker::new(app.door.clone(), vec![Box::new(Diary)], settings);
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let running = tokio::spawn(async move { worker.run(stop).await });
    emit(&app, 0..1).await;
    until("it never looks", async || undelivered(&app).await == 0).await;
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(60), running).await.unwrap().unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_finishes_its_batch_and_leaves_the_rest() {
    let app = app_with_diary().await;
    let worker = worker(&app, vec![Box::new(Diary)]);
    emit(&app, 0..25).await;
    let stopped = CancellationToken::new();
    stopped.cancel();
    assert_eq!(worker.drain(&stopped).await.unwrap(), 10, "one batch");
    assert_eq!((diary(&app).await.len(), undelivered(&app).await), (10, 15));
    app.stop().await;
}
