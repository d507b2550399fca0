//! Events become messages in the inbox of whom they concern.

use std::sync::Arc;

use kith::domains::notifications::Inbox;
use kith::worker::Worker;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::app::{Persona, TestApp};

const INBOX: &str = "query($first: Int, $after: String, $last: Int, $unread: Boolean) { viewer {
  notifications(first: $first, after: $after, last: $last, unreadOnly: $unread) {
    pageInfo { hasNextPage endCursor } edges { node { id topic title createdAt readAt } } } } }";

async fn deliver(app: &TestApp) {
    let defaults = kith::config::load(&kith::config::Sources { file: Some("/dev/null".into()), ..Default::default() });
    let worker = Worker::new(Arc::clone(&app.door), vec![Box::new(Inbox)], defaults.unwrap().worker);
    worker.drain(&CancellationToken::new()).await.unwrap();
}

async fn inbox(app: &TestApp, who: &Persona, variables: Value) -> Vec<Value> {
    let data = app.ok(who, INBOX, variables).await;
    let edges = data["viewer"]["notifications"]["edges"].as_array().unwrap().clone();
    edges.into_iter().map(|edge| edge["node"].clone()).collect()
}

async fn mark(app: &TestApp, who: &Persona, ids: Value) -> Value {
    let mark = "mutation($ids: [ID!]) {
        markNotificationsRead(input: { ids: $ids }) { count userErrors { code } } }";
    app.ok(who, mark, json!({ "ids": ids })).await["markNotificationsRead"]["count"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_told_to_the_main_account_and_its_decision_to_the_buyer_once_newest_first() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "600.00").await;
    let order = app.order(&buyer, &shop, &item, 1).await;
    let refund = app.refund(&buyer, &order, "150.00").await;
    app.approve(&seller, &refund, "k").await.data();
    app.sql("CREATE TABLE copy AS SELECT * FROM outbox").await;
    deliver(&app).await;
    let told = inbox(&app, &seller, json!({})).await;
    let titles: Vec<&str> = told.iter().map(|n| n["title"].as_str().unwrap()).collect();
    assert_eq!(titles[0], "A refund CNY 150.00 was approved.", "{told:#?}");
    assert!(titles[1].starts_with("A buyer asks for a refund"), "{titles:?}");
    assert_eq!(told.len(), 2);
    let bought = inbox(&app, &buyer, json!({})).await;
    assert_eq!(bought.len(), 1, "the buyer hears of the decision: {bought:#?}");
    assert_eq!(bought[0]["title"], "A refund CNY 150.00 was approved.");
    // The same events again, as if the outbox had been restored from a copy.
    app.sql("INSERT INTO outbox SELECT * FROM copy").await;
    deliver(&app).await;
    assert_eq!(inbox(&app, &seller, json!({})).await, told, "an event that comes twice tells once");
    let chinese = app.run_in(Some(&seller.token), INBOX, json!({ "first": 1 }), kith::kernel::Locale::ZhCn).await;
    let title = chinese.data()["viewer"]["notifications"]["edges"][0]["node"]["title"].clone();
    assert_eq!(title, "退款 CNY 150.00已同意。");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_marks_ones_own_messages_only() {
    let app = TestApp::start().await;
    let (seller, other, buyer) = (app.account("aurora").await, app.account("other").await, app.account("buyer").await);
    for owner in [&seller, &other] {
        let shop = app.shop(owner).await;
        let item = app.item(owner, &shop, "9.00").await;
        for _ in 0..3 {
            let order = app.order(&buyer, &shop, &item, 1).await;
            app.refund(&buyer, &order, "1.00").await;
        }
    }
    deliver(&app).await;
    let mine = inbox(&app, &seller, json!({})).await;
    let theirs = inbox(&app, &other, json!({})).await;
    assert_eq!((mine.len(), theirs.len()), (3, 3));
    let ids = json!([mine[0]["id"], theirs[0]["id"], "note_x"]);
    assert_eq!(mark(&app, &seller, ids).await, 1);
    assert_eq!(inbox(&app, &other, json!({ "unread": true })).await, theirs, "another's stays unread");
    assert_eq!(inbox(&app, &seller, json!({ "unread": true })).await, mine[1..]);
    assert_eq!(mark(&app, &seller, Value::Null).await, 2, "all the rest");
    assert_eq!(mark(&app, &seller, Value::Null).await, 0);
    assert!(inbox(&app, &seller, json!({})).await.iter().all(|n| n["readAt"] == crate::support::app::NOON));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_is_read_in_pages_and_not_by_sub_accounts() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "9.00").await;
    for _ in 0..5 {
        let order = app.order(&buyer, &shop, &item, 1).await;
        app.refund(&buyer, &order, "1.00").await;
    }
    deliver(&app).await;
    let all = inbox(&app, &seller, json!({})).await;
    let data = app.ok(&seller, INBOX, json!({ "first": 2 })).await;
    let page = &data["viewer"]["notifications"]["pageInfo"];
    assert_eq!(page["hasNextPage"], true);
    let rest = inbox(&app, &seller, json!({ "first": 10, "after": page["endCursor"] })).await;
    assert_eq!(rest, all[2..]);
    assert_eq!(inbox(&app, &seller, json!({ "last": 1 })).await, all[4..], "the oldest");
    let xiaoli = app.clerk(&shop, "xiaoli", &["audit.read"]).await;
    assert_eq!(app.run(Some(&xiaoli.token), INBOX, json!({})).await.code(), "FORBIDDEN");
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    let mark = "mutation($ids: [ID!]) { markNotificationsRead(input: { ids: $ids }) { count } }";
    assert_eq!(app.run(Some(&seller.token), mark, json!({ "ids": many })).await.code(), "BAD_USER_INPUT");
    app.stop().await;
}
