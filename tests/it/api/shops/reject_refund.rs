//! `rejectRefund`.

use serde_json::json;

use super::Market;

#[tokio::test(flavor = "multi_thread")]
async fn the_buyer_reads_why_and_nothing_moves() {
    let market = Market::open("100.00").await;
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let refund = market.app.refund(&market.buyer, &order, "40.00").await;
    let clerk = market.app.clerk(&market.shop, "xiaoli", &["refund.reject"]).await;
    market.app.certify_clerk(&clerk).await;
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

/// A reason is read by the buyer: what a muted one writes does not arrive, here as little as in a conversation.
#[tokio::test(flavor = "multi_thread")]
async fn r4_5_what_a_muted_one_writes_reaches_no_buyer_as_a_reason_or_a_name() {
    let market = Market::open("100.00").await;
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let refund = market.app.refund(&market.buyer, &order, "40.00").await;
    let codes = ["refund.reject", "refund.approve", "red_packet.send"];
    let clerk = market.app.clerk(&market.shop, "xiaoli", &codes).await;
    let input = json!({ "refundId": refund, "reason": "Call me at 138 0000 0000" });
    let refused = market.call(&clerk, "rejectRefund", input.clone(), "refund { id }").await;
    assert_eq!(refused.user_error("rejectRefund"), "MUTED");
    let query = "query($id: ID!) { node(id: $id) { ... on Refund { state rejectionReason } } }";
    let seen = market.app.ok(&market.buyer, query, json!({ "id": refund })).await;
    assert_eq!(seen["node"], json!({ "state": "REQUESTED", "rejectionReason": null }));
    market.app.top_up(&market.seller, "10").await.data();
    let ends = (market.app.now() + chrono::TimeDelta::hours(1)).to_rfc3339();
    let packet = json!({
        "shopId": market.shop, "name": "Call me", "budget": { "amount": "1" }, "shares": 1, "endsAt": ends,
    });
    let refused = market.call(&clerk, "sendRedPacket", packet, "redPacket { id }").await;
    assert_eq!(refused.user_error("sendRedPacket"), "MUTED");
    // What says nothing to anybody is done as before; a certified one is heard.
    let other = market.app.refund(&market.buyer, &order, "1.00").await;
    market.app.approve(&clerk, &other, "k").await.data();
    let certified = market.app.clerk(&market.shop, "xiaowang", &codes).await;
    market.app.certify_clerk(&certified).await;
    let done = market.call(&certified, "rejectRefund", input, "refund { state }").await.data();
    assert_eq!(done["rejectRefund"]["refund"]["state"], "REJECTED");
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
