//! Cards: what is kept of them, and payments by the built-in gateway (requirement 1.9).

use serde_json::json;

use super::Stall;
use crate::support::app::TestApp;

const GOOD: &str = "4242424242424242";

#[tokio::test(flavor = "multi_thread")]
async fn r1_9_a_card_is_kept_as_token_brand_and_last_four() {
    let app = TestApp::start().await;
    let who = app.account("buyer").await;
    let added = app.add_card(&who, "4242 4242 4242 4242", 9, 2028).await.data()["addCard"]["paymentMethod"].clone();
    assert_eq!(added["kind"], "CREDIT_CARD");
    assert_eq!((&added["brand"], &added["lastFour"]), (&json!("VISA"), &json!("4242")));
    assert_eq!((&added["label"], &added["expires"]), (&json!("VISA •••• 4242"), &json!("2028-09")));
    let dump = app.dump().await;
    let hex: String = GOOD.bytes().map(|b| format!("{b:02x}")).collect();
    assert!(
        dump.contains("VISA") && !dump.contains(GOOD) && !dump.contains(&hex),
        "h35: the number stands in no table"
    );
    for (number, month, year, code) in [
        ("4242424242424241", 9, 2028, "CARD_NUMBER_INVALID"),
        ("42", 9, 2028, "CARD_NUMBER_INVALID"),
        (GOOD, 10, 2026, "CARD_EXPIRY_INVALID"),
        (GOOD, 0, 2028, "CARD_EXPIRY_INVALID"),
        (GOOD, 13, 2028, "CARD_EXPIRY_INVALID"),
        (GOOD, 1, 2099, "CARD_EXPIRY_INVALID"),
        (GOOD, -1, -1, "CARD_EXPIRY_INVALID"),
    ] {
        assert_eq!(
            app.add_card(&who, number, month, year).await.user_error("addCard"),
            code,
            "{number} {month}/{year}"
        );
    }
    // Nobody tries out cards with it.
    for _ in 0..19 {
        app.add_card(&who, GOOD, 9, 2028).await.data();
    }
    assert_eq!(app.add_card(&who, GOOD, 9, 2028).await.user_error("addCard"), "METHOD_LIMIT");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_9_a_card_pays_once_the_worker_has_asked_the_bank() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let card = app.card(buyer, GOOD).await;
    let order = stall.unpaid().await;
    let begun = app.pay(buyer, &order, &[&card]).await.data();
    assert_eq!(begun["payOrder"]["payment"]["state"], "PENDING");
    assert_eq!(app.order_state(buyer, &order).await, "AWAITING_PAYMENT");
    assert_eq!(app.pay(buyer, &order, &[&card]).await.user_error("payOrder"), "PAYMENT_UNDER_WAY");
    let remove = "mutation($m: ID!) { removePaymentMethod(input: { paymentMethodId: $m }) { userErrors { code } } }";
    let refused = app.run(Some(&buyer.token), remove, json!({ "m": card })).await;
    assert_eq!(refused.user_error("removePaymentMethod"), "METHOD_IN_USE");
    assert_eq!(app.pay_out().await, 1);
    assert_eq!(app.order_state(buyer, &order).await, "PAID");
    assert_eq!(app.newest_payment(buyer).await["state"], "CAPTURED");
    assert_eq!(app.pay_out().await, 0, "there is nothing left to do");
    // Both sides are told.
    app.deliver().await;
    let inbox = "{ viewer { notifications { edges { node { topic title } } } } }";
    let told = |data: serde_json::Value| data["viewer"]["notifications"]["edges"].to_string();
    let buyers = told(app.ok(buyer, inbox, json!({})).await);
    assert!(buyers.contains("You paid CNY 40.00."), "{buyers}");
    let sellers = told(app.ok(&stall.seller, inbox, json!({})).await);
    assert!(sellers.contains("An order was paid CNY 40.00."), "{sellers}");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_9_methods_are_tried_in_their_order() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let balance = app.balance(buyer, "60").await;
    let declined = app.card(buyer, "4000000000000002").await;
    let poor = app.card(buyer, "4000000000009995").await;
    let late = app.card(buyer, "4000000000000077").await;
    let good = app.card(buyer, GOOD).await;
    // Two cards say no, one only when its money is to be taken; then the balance pays.
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&declined, &poor, &late, &balance]).await.data();
    app.pay_out().await;
    let paid = app.newest_payment(buyer).await;
    assert_eq!((&paid["state"], &paid["orderId"]), (&json!("CAPTURED"), &json!(order)), "{paid}");
    assert_eq!(app.held(buyer).await, "20.00");
    // The balance holds too little by now, so a card is asked.
    let order = stall.unpaid().await;
    let begun = app.pay(buyer, &order, &[&balance, &good]).await.data();
    assert_eq!(begun["payOrder"]["payment"]["state"], "PENDING");
    app.pay_out().await;
    assert_eq!(app.order_state(buyer, &order).await, "PAID");
    assert_eq!(app.held(buyer).await, "20.00");
    // When none pays, the order waits on, and can be paid again.
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&declined, &balance, &poor]).await.data();
    app.pay_out().await;
    let failed = app.newest_payment(buyer).await;
    assert_eq!((&failed["state"], &failed["failure"]), (&json!("FAILED"), &json!("INSUFFICIENT_FUNDS")), "{failed}");
    assert_eq!(app.order_state(buyer, &order).await, "AWAITING_PAYMENT");
    app.pay(buyer, &order, &[&good]).await.data();
    app.pay_out().await;
    assert_eq!(app.order_state(buyer, &order).await, "PAID");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_9_an_expired_card_pays_nothing() {
    let stall = Stall::open("40.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let answer = app.add_card(buyer, GOOD, 12, 2026).await.data();
    let card = answer["addCard"]["paymentMethod"]["id"].as_str().unwrap();
    app.clock.advance(chrono::TimeDelta::days(60));
    let (buyer, order) = {
        let token = app.log_in(&buyer.login).await;
        let buyer = crate::support::app::Persona { token, ..buyer.clone() };
        let order = app.unpaid_order(&buyer, &stall.shop, &stall.item, 1).await;
        (buyer, order)
    };
    assert_eq!(app.pay(&buyer, &order, &[card]).await.user_error("payOrder"), "METHOD_EXPIRED");
    stall.app.stop().await;
}
