//! Approvals at the same time, on a PostgreSQL server.

use std::sync::Arc;

use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

const GRANT: &str = "mutation($input: GrantPermissionInput!) {
    grantPermission(input: $input) { grant { id } userErrors { code message } } }";

/// A shop with `count` refunds of ¥1 each that wait, and a sub-account that may read them.
pub(super) async fn shop(app: &TestApp, count: usize) -> (Persona, Persona, Vec<String>) {
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "1000.00").await;
    let order = app.order(&buyer, &shop, &item, 1).await;
    let mut refunds = Vec::new();
    for _ in 0..count {
        refunds.push(app.refund(&buyer, &order, "1.00").await);
    }
    let xiaoli = app.clerk(&shop, "xiaoli", &["refund.read"]).await;
    (seller, xiaoli, refunds)
}

async fn grant(app: &TestApp, seller: &Persona, to: &Persona, constraints: Value) -> String {
    let input = json!({ "subAccountId": to.id, "permission": "refund.approve", "constraints": constraints });
    let answer = app.ok(seller, GRANT, json!({ "input": input })).await;
    answer["grantPermission"]["grant"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h01_200_parallel_approvals_against_a_quota_of_37() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 40).await;
    let (seller, xiaoli, refunds) = shop(&app, 200).await;
    grant(&app, &seller, &xiaoli, json!({ "perDay": { "amount": "37.00" } })).await;
    let answers = join_all(refunds.iter().map(|refund| app.approve(&xiaoli, refund, refund))).await;
    let approved = answers.iter().filter(|a| a.0["data"]["approveRefund"]["refund"]["state"] == "APPROVED").count();
    let denied = answers.iter().filter(|a| a.extensions()["reason"] == "LIMIT_PER_DAY").count();
    assert_eq!((approved, denied), (37, 163));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h04_100_identical_calls_make_one_refund() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 40).await;
    let (seller, _, refunds) = shop(&app, 2).await;
    let answers = join_all((0..100).map(|_| app.approve(&seller, &refunds[0], "one key"))).await;
    for answer in &answers {
        assert_eq!(answer.0, answers[0].0, "everybody gets the same answer");
    }
    assert_eq!(answers[0].0["data"]["approveRefund"]["refund"]["state"], "APPROVED");
    assert_eq!(app.approve(&seller, &refunds[1], "one key").await.code(), "IDEMPOTENCY_CONFLICT");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h04_50_identical_orders_make_one() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 24).await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "10.00").await;
    // Nothing stands in the way of a second order but the key.
    let place = "mutation($input: PlaceOrderInput!) {
        placeOrder(input: $input) @idempotent(key: \"one key\") { order { id } userErrors { code } } }";
    let order = |quantity: i32| json!({ "input": { "shopId": shop, "itemId": item, "quantity": quantity } });
    let answers = join_all((0..50).map(|_| app.run(Some(&buyer.token), place, order(1)))).await;
    for answer in &answers {
        assert!(answer.0["data"]["placeOrder"]["order"]["id"].is_string(), "{}", answer.0);
        assert_eq!(answer.0, answers[0].0, "everybody gets the same answer");
    }
    let sold = app.ok(&seller, "{ shop { orders { edges { node { id } } } } }", json!({})).await;
    assert_eq!(sold["shop"]["orders"]["edges"].as_array().unwrap().len(), 1);
    assert_eq!(app.run(Some(&buyer.token), place, order(2)).await.code(), "IDEMPOTENCY_CONFLICT");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h06_r5_5_who_waited_for_a_lock_is_asked_for_the_permission_afterwards() {
    let server = PgServer::start_with(Durability::None).await;
    let app = Arc::new(TestApp::start_on(&server.fresh_database().await, 8).await);
    let (seller, xiaoli, refunds) = shop(&app, 1).await;
    let id = grant(&app, &seller, &xiaoli, json!({})).await;
    let mut holder = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    holder.batch_execute("BEGIN; SELECT 1 FROM refunds FOR UPDATE").await.unwrap();
    let approving = tokio::spawn({
        let (app, refund) = (Arc::clone(&app), refunds[0].clone());
        async move { app.approve(&xiaoli, &refund, "k").await }
    });
    let mut looking = app.door.db.get::<std::convert::Infallible>().await.unwrap();
    loop {
        let waiting = diesel_async::RunQueryDsl::execute(
            diesel::sql_query("SELECT FROM pg_locks WHERE NOT granted"),
            &mut *looking,
        )
        .await
        .unwrap();
        if waiting > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let revoke = "mutation($input: RevokePermissionInput!) { revokePermission(input: $input) { userErrors { code } } }";
    app.ok(&seller, revoke, json!({ "input": { "grantId": id } })).await;
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(approving.await.unwrap().code(), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn server_h06_r5_5_nothing_that_starts_after_a_revocation_succeeds_on_any_replica() {
    let server = PgServer::start_with(Durability::None).await;
    let url = server.fresh_database().await;
    let app = Arc::new(TestApp::start_on(&url, 30).await);
    let replica = Arc::new(TestApp::start_on(&url, 30).await);
    let (seller, xiaoli, refunds) = shop(&app, 200).await;
    let id = grant(&app, &seller, &xiaoli, json!({})).await;
    let revoked = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let calls = refunds.iter().enumerate().map(|(at, refund)| {
        let app = Arc::clone(if at % 2 == 0 { &app } else { &replica });
        let (xiaoli, refund, revoked) = (xiaoli.clone(), refund.clone(), Arc::clone(&revoked));
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(at as u64 * 3)).await;
            let after = revoked.load(std::sync::atomic::Ordering::SeqCst);
            (after, app.approve(&xiaoli, &refund, &refund).await)
        })
    });
    let calls: Vec<_> = calls.collect();
    let revoke = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let input = json!({ "input": { "grantId": id } });
        let revoke =
            "mutation($input: RevokePermissionInput!) { revokePermission(input: $input) { userErrors { code } } }";
        app.ok(&seller, revoke, input).await;
        revoked.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let (answers, ()) = tokio::join!(join_all(calls), revoke);
    let mut approved_before = 0;
    for answer in answers {
        let (after, answer) = answer.unwrap();
        let approved = answer.0["data"]["approveRefund"]["refund"]["state"] == "APPROVED";
        assert!(!(after && approved), "approved after the revocation had returned");
        approved_before += usize::from(approved);
    }
    assert!(approved_before > 0, "the burst had begun before the revocation");
    assert_eq!(replica.approve(&xiaoli, &refunds[199], "late").await.code(), "FORBIDDEN");
    app.verified().await;
}
