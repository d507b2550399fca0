//! A database that is gone, full up or read-only: no success that is not there, and an answer that says what to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::approvals::shop;
use crate::support::app::TestApp;
use crate::support::pg::PgServer;

/// h11: the server goes away in the middle of approvals, twice. Each answer is a success that stays, or says that it is not
/// one; a retry with the same key settles every one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h11_no_success_is_reported_that_is_not_there() {
    let mut postgres = PgServer::start().await;
    let app = Arc::new(TestApp::start_on(&postgres.fresh_database().await, 8).await);
    let (seller, _, refunds) = shop(&app, 300).await;
    let (mut reported, mut codes) = (Vec::new(), std::collections::BTreeMap::new());
    for batch in refunds.chunks(150) {
        let answered = Arc::new(AtomicUsize::new(0));
        let calls = batch.iter().map(|refund| {
            let (app, seller, refund) = (Arc::clone(&app), seller.clone(), refund.clone());
            let answered = Arc::clone(&answered);
            tokio::spawn(async move {
                let answer = app.approve(&seller, &refund, &refund).await;
                answered.fetch_add(1, Ordering::Relaxed);
                (refund, answer)
            })
        });
        let calls = join_all(calls.collect::<Vec<_>>());
        let crash = async {
            while answered.load(Ordering::Relaxed) < 20 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            postgres.crash();
            postgres.restart().await;
        };
        for answer in tokio::join!(calls, crash).0 {
            let (refund, answer) = answer.unwrap();
            if answer.0["data"]["approveRefund"]["refund"]["state"] == "APPROVED" {
                reported.push(refund);
            } else {
                *codes.entry(answer.code().to_owned()).or_insert(0) += 1;
            }
        }
    }
    assert!(!reported.is_empty() && !codes.is_empty(), "the crash was in the middle: {} {codes:?}", reported.len());
    for code in codes.keys() {
        assert!(["BUSY", "OUTCOME_UNKNOWN"].contains(&code.as_str()), "each says what to do: {codes:?}");
    }
    let state = "query($id: ID!) { node(id: $id) { ... on Refund { state } } }";
    for refund in &reported {
        let seen = app.ok(&seller, state, json!({ "id": refund })).await;
        assert_eq!(seen["node"]["state"], "APPROVED", "a success that was reported stays");
    }
    for refund in &refunds {
        let answer = app.approve(&seller, refund, refund).await;
        assert_eq!(answer.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer:?}");
    }
    app.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_h11_a_read_only_database_approves_nothing() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 1).await;
    let (seller, _, refunds) = shop(&app, 1).await;
    app.sql("SET default_transaction_read_only = on").await;
    let answer = app.approve(&seller, &refunds[0], "k").await;
    assert_eq!(answer.code(), "BUSY", "a replica that was not promoted yet, a full disk: {answer:?}");
    app.sql("SET default_transaction_read_only = off").await;
    let answer = app.approve(&seller, &refunds[0], "k").await;
    assert_eq!(answer.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer:?}");
}

/// h12: every connection is taken. The wait is bounded, the answer says when to try again, and then it works.
#[tokio::test(flavor = "multi_thread")]
async fn server_h12_an_exhausted_pool_says_when_to_try_again() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_waiting(&postgres.fresh_database().await, 1, 200).await;
    let (seller, _, refunds) = shop(&app, 1).await;
    let taken = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    let began = std::time::Instant::now();
    let answer = app.approve(&seller, &refunds[0], "k").await;
    assert!(began.elapsed() < Duration::from_secs(10), "the wait is bounded");
    assert_eq!(answer.code(), "BUSY", "{answer:?}");
    drop(taken);
    let answer = app.approve(&seller, &refunds[0], "k").await;
    assert_eq!(answer.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer:?}");
}
