//! `requestRefund`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Market;

fn ask(order: &str, amount: &str) -> Value {
    json!({ "orderId": order, "amount": { "amount": amount }, "reason": "does not shine" })
}

/// h10: what is asked for never exceeds what was paid, also when it is asked for at once.
#[tokio::test(flavor = "multi_thread")]
async fn h10_refunds_add_up_to_what_was_paid() {
    let market = Market::open("100.00").await;
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let asks = (0..5).map(|_| market.call(&market.buyer, "requestRefund", ask(&order, "40.00"), "refund { id }"));
    let answers = join_all(asks).await;
    let refunds: Vec<&str> =
        answers.iter().filter_map(|a| a.0["data"]["requestRefund"]["refund"]["id"].as_str()).collect();
    assert_eq!(refunds.len(), 2, "twice 40 of 100");
    let answer = market.call(&market.buyer, "requestRefund", ask(&order, "20.01"), "refund { id }").await;
    assert_eq!(answer.user_error("requestRefund"), "EXCEEDS_ORDER");
    assert!(answer.0.to_string().contains("20.00"), "it says what is left: {answer:?}");
    // What was turned down can be asked for again.
    let input = json!({ "refundId": refunds[0], "reason": "worn" });
    market.call(&market.seller, "rejectRefund", input, "refund { state }").await.data();
    let answer = market.call(&market.buyer, "requestRefund", ask(&order, "60.00"), "refund { state }").await;
    assert_eq!(answer.data()["requestRefund"]["refund"]["state"], "REQUESTED");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_buyer_of_an_order_asks_and_says_why() {
    let market = Market::open("100.00").await;
    let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
    let other = market.app.account("other").await;
    for who in [&other, &market.seller] {
        let answer = market.call(who, "requestRefund", ask(&order, "1.00"), "refund { id }").await;
        assert_eq!(answer.code(), "NOT_FOUND", "{answer:?}");
    }
    for reason in ["", " ", "a\u{0}b", &"x".repeat(50_000)] {
        let input = json!({ "orderId": order, "amount": { "amount": "1" }, "reason": reason });
        let answer = market.call(&market.buyer, "requestRefund", input, "refund { id }").await;
        assert_eq!(answer.user_error("requestRefund"), "REASON_INVALID", "{reason:.20?}");
    }
    for amount in ["0", "-5", "0.001", "1e2", "９"] {
        let answer = market.call(&market.buyer, "requestRefund", ask(&order, amount), "refund { id }").await;
        let refused = answer.user_error("requestRefund") == "INVALID_AMOUNT" || answer.code() == "BAD_USER_INPUT";
        assert!(refused, "{amount}: {answer:?}");
    }
    market.close().await;
}
