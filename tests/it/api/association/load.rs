//! Signals that are written by several workers at once: the accounts of a value are counted exactly.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel_async::RunQueryDsl as _;
use futures_util::future::join_all;
use kith::app::service::consumers;
use kith::worker::Worker;
use tokio_util::sync::CancellationToken;

use super::address;
use crate::support::app::{TestApp, config};
use crate::support::pg::PgServer;

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

async fn number(app: &TestApp, sql: &str) -> i64 {
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    diesel::sql_query(sql).get_result::<Counted>(&mut *conn).await.unwrap().n
}

const WRONG: &str = "SELECT count(*) AS n FROM association_degrees d WHERE degree <>
    (SELECT count(*) FROM association_signals s WHERE s.value_key = d.value_key)";

#[tokio::test(flavor = "multi_thread")]
async fn server_degrees_are_exact_after_parallel_workers_and_after_sweeping() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    app.clock.set(chrono::Utc::now());
    app.come_from("203.0.113.9");
    for at in 0..12 {
        let who = app.account("crowd").await;
        address(&app, &who, "浙江省", &format!("文三路{}号", at % 3), "13812345634").await;
    }
    let workers: Vec<Worker> = (0..4)
        .map(|_| {
            let settings = kith::config::Worker { batch: 5, ..config().worker };
            Worker::new(Arc::clone(&app.door), consumers(&app.door.env), settings)
        })
        .collect();
    let never = CancellationToken::new();
    for _ in 0..20 {
        join_all(workers.iter().map(|worker| worker.drain(&never))).await;
        if number(&app, "SELECT count(*) AS n FROM outbox").await == 0 {
            break;
        }
        app.clock.advance(TimeDelta::minutes(5));
    }
    assert_eq!(number(&app, "SELECT count(*) AS n FROM outbox").await, 0);
    // A network and a phone that all have, three addresses that four have each, and a device of their own.
    assert_eq!(number(&app, "SELECT count(*) AS n FROM association_signals").await, 12 * 4);
    assert_eq!(number(&app, "SELECT sum(degree)::bigint AS n FROM association_degrees").await, 12 * 4);
    assert_eq!(number(&app, WRONG).await, 0);
    app.sql(
        "UPDATE association_signals SET last_seen_at = last_seen_at - interval '3 years'
            WHERE account_id IN (SELECT id FROM accounts ORDER BY id LIMIT 5)",
    )
    .await;
    workers[0].sweep(&never).await.unwrap();
    assert_eq!(number(&app, "SELECT count(*) AS n FROM association_signals").await, 7 * 4);
    assert_eq!(number(&app, WRONG).await, 0);
    app.stop().await;
}
