//! The worker: every event exactly once, whatever fails.

pub mod bank;
mod drain;
mod failing;
pub mod pay;
mod send;
mod sharing;
mod sweep;

use std::convert::Infallible;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kith::command::{Consumer, Delivery};
use kith::config;
use kith::db::Connection;
use kith::kernel::Fault;
use kith::worker::Worker;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::app::TestApp;

const TOPIC: &str = "test.happened";

/// Settings for tests: nothing is polled for unless a test says so.
fn settings() -> config::Worker {
    config::Worker {
        poll_interval_ms: 3_600_000,
        batch: 10,
        sweep_interval_s: 3600,
        keep_idempotency_keys_days: 30,
        keep_ended_sessions_days: 90,
        keep_messages_days: 7,
        keep_association_signals_days: 730,
    }
}

/// Writes down every event it is handed, without looking whether it was there before.
struct Diary;

impl Consumer for Diary {
    fn name(&self) -> &'static str {
        "diary"
    }

    fn wants(&self, topic: &str) -> bool {
        topic == TOPIC
    }

    fn consume<'a>(&'a self, conn: &'a mut Connection, events: &'a [&'a Delivery]) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            for event in events {
                let number = event.payload["n"].as_i64().unwrap();
                let insert = diesel::sql_query("INSERT INTO diary VALUES ($1)").bind::<BigInt, _>(number);
                insert.execute(conn).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// Kith with a table for [`Diary`].
async fn app_with_diary() -> TestApp {
    let app = TestApp::start().await;
    app.sql("CREATE TABLE diary (n bigint NOT NULL)").await;
    app
}

fn worker(app: &TestApp, consumers: Vec<Box<dyn Consumer>>) -> Worker {
    Worker::new(Arc::clone(&app.door), consumers, settings())
}

/// Writes events as a command does, by the same function of the database.
async fn emit(app: &TestApp, numbers: std::ops::Range<i64>) {
    let (now, mut ids, mut payloads) = (app.now().to_rfc3339(), Vec::new(), Vec::new());
    for number in numbers {
        ids.push(format!("'{}'", uuid::Uuid::now_v7()));
        payloads.push(format!("'{}'", json!({ "n": number })));
    }
    let (many, ids, payloads) = (ids.len(), ids.join(", "), payloads.join(", "));
    app.sql(&format!(
        "SELECT outbox_put(ARRAY[{ids}]::uuid[], array_fill('{TOPIC}'::text, ARRAY[{many}]),
             array_fill(NULL::uuid, ARRAY[{many}]), ARRAY[{payloads}]::jsonb[], '{now}')"
    ))
    .await;
}

/// Delivers what is due.
async fn drain(worker: &Worker) -> u64 {
    worker.drain(&CancellationToken::new()).await.unwrap()
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn numbers(app: &TestApp, sql: &str) -> Vec<i64> {
    let mut conn = app.door.db.get::<Infallible>().await.unwrap();
    let rows: Vec<Number> = diesel::sql_query(sql).load(&mut *conn).await.unwrap();
    rows.into_iter().map(|row| row.n).collect()
}

async fn diary(app: &TestApp) -> Vec<i64> {
    numbers(app, "SELECT n FROM diary ORDER BY n").await
}

async fn undelivered(app: &TestApp) -> i64 {
    numbers(app, "SELECT count(*) AS n FROM outbox").await[0]
}
