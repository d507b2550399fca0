//! `auditTrail` of a shop, of the platform, of one's own account.

use serde_json::{Value, json};

use super::{TRAIL, deeds, of_shop, seqs, trail};
use crate::support::app::{NOON, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn r4_18_every_operation_of_a_sub_account_is_on_record() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "600.00").await;
    let order = app.order(&buyer, &shop, &item, 1).await;
    let (small, large) = (app.refund(&buyer, &order, "150.00").await, app.refund(&buyer, &order, "250.00").await);
    let xiaoli = app.clerk(&shop, "xiaoli", &["refund.read"]).await;
    let grant = app.grant(&shop, &xiaoli, "refund.approve", 20_000).await;

    app.approve(&xiaoli, &small, "k1").await.data();
    assert_eq!(app.approve(&xiaoli, &large, "k2").await.code(), "FORBIDDEN");
    let reject = "mutation($id: ID!) {
        rejectRefund(input: { refundId: $id, reason: \"no\" }) { refund { id } userErrors { code } } }";
    assert_eq!(app.run(Some(&xiaoli.token), reject, json!({ "id": large })).await.code(), "FORBIDDEN");

    let deeds = trail(&app, &seller, json!({ "shop": shop, "filter": { "actor": xiaoli.id } })).await;
    let told: Vec<Value> =
        deeds.iter().map(|d| json!([d["action"], d["target"], d["outcome"], d["permission"], d["grantId"]])).collect();
    let expected = [
        json!(["approveRefund", small, "DONE", "refund.approve", grant]),
        json!(["approveRefund", large, "DENIED", "refund.approve", null]),
        // The guard denied it before the refund was looked up, so it is on record against the shop.
        json!(["rejectRefund", shop, "DENIED", "refund.reject", null]),
    ];
    assert_eq!(told, expected, "{deeds:#?}");
    for deed in &deeds {
        assert_eq!(deed["actor"]["name"], format!("{}:xiaoli", seller.login), "who");
        assert_eq!(deed["at"], NOON, "when");
        assert_eq!((&deed["ip"], &deed["client"]), (&json!("127.0.0.1"), &json!("test")), "from where");
        assert!(deed["sessionId"].as_str().unwrap().starts_with("sess_"), "{deed}");
        assert!(!deed["requestId"].as_str().unwrap().is_empty());
        assert_eq!(deed["hash"].as_str().unwrap().len(), 64);
    }
    let reason = json!({ "key": "reason", "value": "LIMIT_PER_ACTION" });
    assert_eq!(deeds[1]["detail"], json!([reason]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_1_a_trail_is_for_those_who_may_read_it() {
    let app = TestApp::start().await;
    let (seller, other) = (app.account("aurora").await, app.account("other").await);
    let (shop, _) = (app.shop(&seller).await, app.shop(&other).await);
    let (without, with) =
        (app.clerk(&shop, "xiaoli", &["refund.read"]).await, app.clerk(&shop, "lawang", &["audit.read"]).await);
    assert!(!trail(&app, &with, of_shop(&shop)).await.is_empty());
    assert_eq!(app.run(Some(&without.token), TRAIL, of_shop(&shop)).await.code(), "FORBIDDEN");
    assert_eq!(app.run(None, TRAIL, of_shop(&shop)).await.code(), "UNAUTHENTICATED");
    // Another shop's trail looks like that of a shop which does not exist (h19).
    let missing = kith::kernel::ids::ShopId::generate().to_string();
    let foreign = app.run(Some(&other.token), TRAIL, of_shop(&shop)).await;
    assert_eq!(foreign.code(), "FORBIDDEN");
    assert_eq!(foreign.0, app.run(Some(&other.token), TRAIL, of_shop(&missing)).await.0);
    for bad in ["", "shop_", &seller.id] {
        assert_eq!(app.run(Some(&seller.token), TRAIL, of_shop(bad)).await.code(), "NOT_FOUND", "{bad:?}");
    }
    // Without an id it is the only shop of the actor; the platform's own is for operators.
    assert_eq!(trail(&app, &with, json!({})).await, trail(&app, &with, of_shop(&shop)).await);
    let nobodys = app.account("nobody").await;
    assert_eq!(app.run(Some(&nobodys.token), TRAIL, json!({})).await.code(), "FORBIDDEN", "the platform's own");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_read_every_trail_and_the_platforms() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let (auditor, other) =
        (app.operator(&["platform.audit.read"]).await, app.operator(&["platform.account.disable"]).await);
    assert_eq!(trail(&app, &auditor, of_shop(&shop)).await, trail(&app, &seller, of_shop(&shop)).await);
    assert!(trail(&app, &auditor, json!({})).await.iter().all(|entry| entry["outcome"] == "DONE"));
    assert_eq!(app.run(Some(&other.token), TRAIL, of_shop(&shop)).await.code(), "FORBIDDEN");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_keep_the_order_of_the_chain() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    deeds(&app, &seller, &shop, 6).await;
    let all = seqs(&trail(&app, &seller, of_shop(&shop)).await);
    assert_eq!(all, (1..=7).collect::<Vec<_>>(), "from 1 and without gaps");
    let page = async |arguments: Value| {
        let mut variables = arguments;
        variables["shop"] = json!(shop);
        app.ok(&seller, TRAIL, variables).await["auditTrail"].clone()
    };
    let numbers = |page: &Value| page["edges"].as_array().unwrap().iter().map(|e| e["node"]["seq"].clone()).collect();
    let newest = page(json!({ "last": 2 })).await;
    assert_eq!(Value::Array(numbers(&newest)), json!([6, 7]), "the newest, in the order of the chain");
    assert_eq!(newest["pageInfo"]["hasPreviousPage"], true);
    let before = page(json!({ "last": 3, "before": newest["pageInfo"]["startCursor"] })).await;
    assert_eq!(Value::Array(numbers(&before)), json!([3, 4, 5]));
    deeds(&app, &seller, &shop, 2).await;
    let behind = page(json!({ "first": 2, "after": before["pageInfo"]["endCursor"] })).await;
    assert_eq!(Value::Array(numbers(&behind)), json!([6, 7]), "stable while entries are added");
    assert_eq!(behind["pageInfo"]["hasNextPage"], true);
    for (bad, argument) in [
        (json!({ "first": -1 }), "first"),
        (json!({ "last": 101 }), "last"),
        (json!({ "first": 1, "last": 1 }), "first"),
        (json!({ "after": "seq_x" }), "after"),
        (json!({ "before": shop }), "before"),
    ] {
        let mut variables = bad.clone();
        variables["shop"] = json!(shop);
        let answer = app.run(Some(&seller.token), TRAIL, variables).await;
        assert_eq!((answer.code(), &answer.extensions()["argument"]), ("BAD_USER_INPUT", &json!(argument)), "{bad}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_and_combine() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "600.00").await;
    app.clock.advance(chrono::TimeDelta::hours(1));
    let order = app.order(&buyer, &shop, &item, 1).await;
    let found = async |filter: Value| {
        let entries = trail(&app, &seller, json!({ "shop": shop, "filter": filter })).await;
        entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(json!({ "actor": buyer.id })).await, ["placeOrder"]);
    assert_eq!(found(json!({ "target": order })).await, ["placeOrder"]);
    assert_eq!(found(json!({ "action": "createItem" })).await, ["createItem"]);
    assert_eq!(found(json!({ "outcome": "DENIED" })).await, [""; 0]);
    assert_eq!(found(json!({ "until": "2026-11-21T04:30:00Z" })).await, ["openShop", "createItem"]);
    assert_eq!(found(json!({ "since": "2026-11-21T05:00:00Z" })).await, ["placeOrder"]);
    assert_eq!(found(json!({ "actor": seller.id, "action": "placeOrder" })).await, [""; 0], "all must fit");
    assert_eq!(found(json!({ "actor": "' OR true --" })).await, [""; 0]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_reads_its_own_trail_and_no_secret_is_in_it() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let own = "{ viewer { auditTrail(last: 20) { edges { node { action target client detail { key value } } } } } }";
    let data = app.ok(&seller, own, json!({})).await;
    let entries = data["viewer"]["auditTrail"]["edges"].as_array().unwrap();
    assert!(entries.iter().any(|edge| edge["node"]["action"] == "logIn"), "{data:#}");
    let text = data.to_string();
    assert!(!text.contains(crate::support::app::PASSWORD) && !text.contains(&seller.token));
    let xiaoli = app.clerk(&shop, "xiaoli", &["audit.read"]).await;
    assert_eq!(app.run(Some(&xiaoli.token), own, json!({})).await.code(), "FORBIDDEN");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_any_size_takes_as_many_statements() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    deeds(&app, &seller, &shop, 30).await;
    let mut counts = Vec::new();
    for size in [1, 20, 30] {
        let before = app.door.db.statements();
        assert_eq!(trail(&app, &seller, json!({ "shop": shop, "last": size })).await.len(), size);
        counts.push(app.door.db.statements() - before);
    }
    assert!(counts.iter().all(|count| *count == counts[0] && *count <= 4), "{counts:?}");
    app.stop().await;
}
