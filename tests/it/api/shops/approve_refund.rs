//! `approveRefund`, by the main account.

use serde_json::json;

use crate::support::app::{Persona, TestApp};

/// A shop with an order of ¥600 and a refund of ¥150 asked for.
async fn shop_with_refund(app: &TestApp) -> (Persona, Persona, String) {
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "600.00").await;
    let order = app.order(&buyer, &shop, &item, 1).await;
    let refund = app.refund(&buyer, &order, "150.00").await;
    (seller, buyer, refund)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_money_goes_back_once() {
    let app = TestApp::start().await;
    let (seller, _, refund) = shop_with_refund(&app).await;
    let first = app.approve(&seller, &refund, "k1").await;
    assert_eq!(first.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{first:?}");
    let retry = app.approve(&seller, &refund, "k1").await;
    assert_eq!(first.0, retry.0, "the same key gets the same answer");
    assert_eq!(app.approve(&seller, &refund, "k2").await.user_error("approveRefund"), "ALREADY_DECIDED");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_1_nobody_approves_without_a_seat() {
    let app = TestApp::start().await;
    let (_, buyer, refund) = shop_with_refund(&app).await;
    let stranger = app.account("stranger").await;
    app.shop(&stranger).await;
    // The buyer has no permission at all; the stranger has it in another shop, where there is no such refund (h19).
    assert_eq!(app.approve(&buyer, &refund, "k").await.code(), "FORBIDDEN");
    assert_eq!(app.approve(&stranger, &refund, "k").await.code(), "NOT_FOUND");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h05_the_key_is_required_and_checked() {
    let app = TestApp::start().await;
    let (seller, _, refund) = shop_with_refund(&app).await;
    let without = "mutation($input: ApproveRefundInput!) { approveRefund(input: $input) { refund { id } } }";
    let answer = app.run(Some(&seller.token), without, json!({ "input": { "refundId": refund } })).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
    for bad in ["", &"k".repeat(256), "a\u{0}b"] {
        assert_eq!(app.approve(&seller, &refund, bad).await.code(), "BAD_USER_INPUT", "{bad:.10}");
    }
    app.approve(&seller, &refund, &"k".repeat(255)).await.data();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let app = TestApp::start().await;
    let (seller, _, refund) = shop_with_refund(&app).await;
    let dry = "mutation($input: ApproveRefundInput!) {
        approveRefund(input: $input) @dryRun @idempotent(key: \"k\") { refund { state } } }";
    let input = json!({ "input": { "refundId": refund } });
    let answer = app.ok(&seller, dry, input.clone()).await;
    assert_eq!(answer["approveRefund"]["refund"]["state"], "APPROVED", "what would have happened");
    let now =
        app.ok(&seller, "query($id: ID!) { node(id: $id) { ... on Refund { state } } }", json!({ "id": refund })).await;
    assert_eq!(now["node"]["state"], "REQUESTED");
    // The key was not used up by the dry run.
    assert_eq!(app.approve(&seller, &refund, "k").await.0["data"]["approveRefund"]["refund"]["state"], "APPROVED");
    app.stop().await;
}
