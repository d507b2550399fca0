//! `rejectRefund`.

use serde_json::json;

use super::Market;

#[tokio::test(flavor = "multi_thread")]
async fn the_buyer_reads_why_and_nothing_moves() {
    let market = Market::open("100.00").await;
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let refund = market.app.refund(&market.buyer, &order, "40.00").await;
    let clerk = market.app.clerk(&market.shop, "xiaoli", &["refund.reject"]).await;
    let input = json!({ "refundId": refund, "reason": "It was worn.\n已使用" });
    let answer = market.call(&clerk, "rejectRefund", input.clone(), "refund { state }").await;
    assert_eq!(answer.data()["rejectRefund"]["refund"]["state"], "REJECTED");
    let query =
        "query($id: ID!) { node(id: $id) { ... on Refund { state rejectionReason order { refunded { amount } } } } }";
    let seen = market.app.ok(&market.buyer, query, json!({ "id": refund })).await;
    assert_eq!(seen["node"]["rejectionReason"], "It was worn.\n已使用");
    assert_eq!(seen["node"]["order"]["refunded"]["amount"], "0.00");
    assert_eq!(
        market.call(&clerk, "rejectRefund", input, "refund { id }").await.user_error("rejectRefund"),
        "ALREADY_DECIDED"
    );
    let late = market.app.approve(&market.seller, &refund, "late").await;
    assert_eq!(late.user_error("approveRefund"), "ALREADY_DECIDED");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_needs_a_reason_and_a_right() {
    let market = Market::open("100.00").await;
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let refund = market.app.refund(&market.buyer, &order, "40.00").await;
    for reason in ["", "\u{1b}[2J", &"x".repeat(501)] {
        let input = json!({ "refundId": refund, "reason": reason });
        let answer = market.call(&market.seller, "rejectRefund", input, "refund { id }").await;
        assert_eq!(answer.user_error("rejectRefund"), "REASON_INVALID", "{reason:.20?}");
    }
    let reader = market.app.clerk(&market.shop, "reader", &["refund.read"]).await;
    let input = json!({ "refundId": refund, "reason": "no" });
    assert_eq!(market.call(&reader, "rejectRefund", input, "refund { id }").await.code(), "FORBIDDEN");
    market.close().await;
}
