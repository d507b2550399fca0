//! Consumers that fail: the event comes again, the others go on.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kith::command::{Consumer, Delivery};
use kith::db::Connection;
use kith::kernel::Fault;

use super::{Diary, Line, app_with_diary, diary, drain, emit, numbers, undelivered, worker};

/// How a consumer goes wrong.
#[derive(Clone, Copy)]
enum Way {
    Refuses,
    Panics,
    BreaksAStatement,
    ClosesTheConnection,
}

/// Goes wrong with event 3, after it has written to the diary; until it is mended.
struct Poisoned {
    way: Way,
    mended: &'static AtomicBool,
}

impl Consumer for Poisoned {
    fn name(&self) -> &'static str {
        "poisoned"
    }

    fn wants(&self, _topic: &str) -> bool {
        true
    }

    fn consume<'a>(&'a self, conn: &'a mut Connection, events: &'a [&'a Delivery]) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            if events.iter().all(|event| event.payload["n"] != 3) || self.mended.load(Ordering::SeqCst) {
                return Ok(());
            }
            conn.batch_execute("INSERT INTO diary VALUES (333)").await?;
            match self.way {
                Way::Refuses => Err(Fault::internal("no such card \"4111111111111111\" of wang@example.com")),
                Way::Panics => panic!("4111111111111111"),
                Way::BreaksAStatement => Ok(conn.batch_execute("SELECT '4111111111111111'::int8 / 0").await?),
                Way::ClosesTheConnection => {
                    Ok(conn.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())").await?)
                }
            }
        }
        .boxed()
    }
}

async fn last_error(app: &crate::support::app::TestApp) -> String {
    let mut conn = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    let sql = "SELECT coalesce(last_error, '') AS line FROM outbox";
    let line: Line = diesel::sql_query(sql).get_result(&mut *conn).await.unwrap();
    line.line
}

async fn one_bad_event(app: &crate::support::app::TestApp, way: Way) {
    let mended: &'static AtomicBool = Box::leak(Box::default());
    let worker = worker(app, vec![Box::new(Diary), Box::new(Poisoned { way, mended })]);
    emit(app, 0..8).await;
    assert_eq!(drain(&worker).await, 7, "the others are delivered");
    assert_eq!(diary(app).await, [0, 1, 2, 4, 5, 6, 7], "and of the bad one nothing stays");
    let error = last_error(app).await;
    assert!(!error.is_empty() && !error.contains("4111") && !error.contains("wang"), "h35: {error}");
    assert_eq!(drain(&worker).await, 0, "it is put off");
    app.clock.advance(TimeDelta::milliseconds(999));
    assert_eq!(drain(&worker).await, 0);
    app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(drain(&worker).await, 0, "tried again after a second, in vain");
    assert_eq!(numbers(app, "SELECT attempts::bigint AS n FROM outbox").await, [2]);
    mended.store(true, Ordering::SeqCst);
    app.clock.advance(TimeDelta::seconds(2));
    assert_eq!(drain(&worker).await, 1);
    assert_eq!((diary(app).await.len(), undelivered(app).await), (8, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_refuses_holds_up_nobody() {
    let app = app_with_diary().await;
    one_bad_event(&app, Way::Refuses).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_panics_holds_up_nobody() {
    let app = app_with_diary().await;
    one_bad_event(&app, Way::Panics).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_breaks_the_transaction_holds_up_nobody() {
    let app = app_with_diary().await;
    one_bad_event(&app, Way::BreaksAStatement).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_kills_the_connection_holds_up_nobody() {
    use crate::support::{app::TestApp, pg};
    let server = pg::PgServer::start_with(pg::Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 4).await;
    app.sql("CREATE TABLE diary (n bigint NOT NULL)").await;
    one_bad_event(&app, Way::ClosesTheConnection).await;
    app.stop().await;
}
