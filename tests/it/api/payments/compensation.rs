//! What the platform gives back after a dispute goes to who paid, and counts (requirements 0.13 and 2.12, h10).

use futures_util::future::join_all;
use serde_json::json;

use super::Stall;
use super::deposits::{compensate, confirm, deposit, pay_in};
use crate::support::app::TestApp;
use crate::support::intimate::Home;
use crate::support::pg::{Durability, PgServer};

/// The father buys with his daughter's card: what he wins goes back to it, once, and restores her month.
#[tokio::test(flavor = "multi_thread")]
async fn r0_13_compensation_of_a_relatives_order_goes_to_who_paid() {
    let home = Home::open("20000").await;
    let (app, seller, shop) = (&home.app, &home.seller, home.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let method = app.balance(seller, "20000").await;
    pay_in(app, seller, shop, "20000", &method).await.data();
    let card = app.card(&home.daughter, "4242424242424242").await;
    app.methods(&home.daughter, &home.relation, &[&card]).await;
    let order = home.order("6000.00", "laptops").await;
    home.pay(&order).await.data();
    app.pay_out().await;
    assert_eq!(home.used().await, "6000.00");
    confirm(app, &home.father, &order).await;
    let done = compensate(app, &operator, &order, "6000").await.data()["compensateFromDeposit"].clone();
    assert_eq!(done["held"]["amount"], "14000.00", "{done}");
    assert_eq!(app.held(&home.father).await, "0.00", "he paid nothing, so he gets nothing");
    assert_eq!(app.pay_out().await, 1, "the card gets it back by the worker");
    assert_eq!((app.held(&home.father).await, app.held(&home.daughter).await), ("0.00".into(), "100000.00".into()));
    assert_eq!(app.newest_payment(&home.daughter).await["refunded"]["amount"], "6000.00");
    assert_eq!(home.used().await, "0.00", "the month has its room again");
    // It was all that was paid: neither the platform nor the shop gives more of it.
    assert_eq!(compensate(app, &operator, &order, "0.01").await.user_error("compensateFromDeposit"), "EXCEEDS_ORDER");
    let ask = "mutation($o: ID!) { requestRefund(input: { orderId: $o, amount: { amount: \"0.01\" }, reason: \"x\" }) {
        refund { id } userErrors { code } } }";
    let asked = app.run(Some(&home.father.token), ask, json!({ "o": order })).await;
    assert_eq!(asked.user_error("requestRefund"), "EXCEEDS_ORDER");
    home.close().await;
}

/// A part of a balance's purchase: hers again, and the rest can still come back.
#[tokio::test(flavor = "multi_thread")]
async fn r0_13_a_part_of_it_restores_a_part_of_the_month() {
    let home = Home::open("1000").await;
    let (app, shop) = (&home.app, home.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let method = app.balance(&home.seller, "50").await;
    pay_in(app, &home.seller, shop, "50", &method).await.data();
    let order = home.order("100.00", "books").await;
    home.pay(&order).await.data();
    confirm(app, &home.father, &order).await;
    compensate(app, &operator, &order, "30").await.data();
    assert_eq!((app.held(&home.daughter).await, home.used().await), ("99930.00".into(), "70.00".into()));
    home.app.refund_all(&home.seller, &home.father, &order, "70.00").await;
    assert_eq!((app.held(&home.daughter).await, home.used().await), ("100000.00".into(), "0.00".into()));
    assert_eq!(app.held(&home.father).await, "0.00");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_12_compensations_and_refunds_together_are_never_more_than_was_paid() {
    let stall = Stall::open("100.00").await;
    let (app, seller, buyer, shop) = (&stall.app, &stall.seller, &stall.buyer, stall.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let funds = app.balance(seller, "500").await;
    pay_in(app, seller, shop, "500", &funds).await.data();
    let method = app.balance(buyer, "100").await;
    let order = stall.unpaid().await;
    assert_eq!(compensate(app, &operator, &order, "1").await.user_error("compensateFromDeposit"), "ORDER_NOT_PAID");
    app.pay(buyer, &order, &[&method]).await.data();
    let refund = app.refund(buyer, &order, "30.00").await;
    app.approve(seller, &refund, "k").await.data();
    let waits = app.refund(buyer, &order, "20.00").await;
    let over = compensate(app, &operator, &order, "70.01").await;
    assert_eq!(over.user_error("compensateFromDeposit"), "EXCEEDS_ORDER", "also where the deposit holds more");
    // What is in escrow is the buyer's own money: it pays, and the deposit stays.
    let done = compensate(app, &operator, &order, "70").await.data()["compensateFromDeposit"].clone();
    assert_eq!((&done["held"]["amount"], &done["refund"]["state"]), (&json!("500.00"), &json!("APPROVED")), "{done}");
    assert_eq!(app.held(buyer).await, "100.00");
    assert_eq!(app.order_state(buyer, &order).await, "REFUNDED");
    assert_eq!(compensate(app, &operator, &order, "0.01").await.user_error("compensateFromDeposit"), "EXCEEDS_ORDER");
    assert_eq!(app.approve(seller, &waits, "w").await.user_error("approveRefund"), "ALREADY_DECIDED", "overtaken");
    assert_eq!(deposit(app, seller, shop).await["held"]["amount"], "500.00");
    for bad in ["0", "-1", "0.001", "9223372036854775807"] {
        let answer = compensate(app, &operator, &order, bad).await;
        assert_eq!(answer.user_error("compensateFromDeposit"), "INVALID_AMOUNT", "h08: {bad}");
    }
    app.verified().await;
    stall.app.stop().await;
}

/// What the platform gives back overtakes the requests that no longer fit, and those only.
#[tokio::test(flavor = "multi_thread")]
async fn r2_12_a_request_for_more_than_is_left_is_overtaken() {
    let stall = Stall::open("100.00").await;
    let (app, seller, buyer, shop) = (&stall.app, &stall.seller, &stall.buyer, stall.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let method = app.balance(buyer, "100").await;
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&method]).await.data();
    let (large, small) = (app.refund(buyer, &order, "60.00").await, app.refund(buyer, &order, "15.00").await);
    compensate(app, &operator, &order, "50").await.data();
    let states =
        "query($id: ID!) { shop(id: $id) { refunds(first: 10) { edges { node { id state byPlatform decidedAt } } } } }";
    let seen = app.ok(seller, states, json!({ "id": shop })).await["shop"]["refunds"]["edges"].clone();
    let of = |id: &str| {
        let rows = seen.as_array().unwrap();
        rows.iter().map(|edge| edge["node"].clone()).find(|node| node["id"] == id).unwrap()
    };
    assert_eq!(of(&large)["state"], "OVERTAKEN", "60 of the 50 that are left");
    assert!(of(&large)["decidedAt"].is_string());
    assert_eq!(of(&small)["state"], "REQUESTED", "15 of them");
    for mutation in ["approveRefund", "reviewRefund"] {
        let query = format!(
            "mutation($id: ID!) {{ {mutation}(input: {{ refundId: $id }}) @idempotent(key: \"{mutation}\") {{
            userErrors {{ code message }} }} }}"
        );
        let answer = app.run(Some(&seller.token), &query, json!({ "id": large })).await;
        assert_eq!(answer.user_error(mutation), "ALREADY_DECIDED", "{answer:?}");
        assert!(answer.0["data"][mutation]["userErrors"][0]["message"].as_str().unwrap().contains("what is left"));
    }
    // What can still be asked for: what is left, less what is asked for.
    let ask = "mutation($o: ID!, $a: Decimal!) { requestRefund(input: { orderId: $o, amount: { amount: $a }, reason: \"x\" }) {
        refund { id } userErrors { code } } }";
    let asked = |amount: &str| app.run(Some(&buyer.token), ask, json!({ "o": order, "a": amount }));
    assert_eq!(asked("35.01").await.user_error("requestRefund"), "EXCEEDS_ORDER");
    let rest = asked("35.00").await.data()["requestRefund"]["refund"]["id"].as_str().unwrap().to_owned();
    for (refund, key) in [(&small, "s"), (&rest, "r")] {
        app.approve(seller, refund, key).await.data();
    }
    assert_eq!((app.held(buyer).await, app.order_state(buyer, &order).await), ("100.00".into(), "REFUNDED".into()));
    app.deliver().await;
    let told = app.count("SELECT count(*) AS n FROM notifications WHERE topic = 'refund.overtaken'").await;
    assert_eq!(told, 2, "the buyer and the shop");
    let noted = app.count("SELECT count(*) AS n FROM audit_entries WHERE action = 'compensateFromDeposit'").await;
    assert_eq!(noted, 1, "on record once, with what it overtook");
    app.verified().await;
    stall.app.stop().await;
}

/// Operators and the shop at once, on a server with many connections: ¥100 were paid, ¥100 go back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r2_12_server_compensations_and_refunds_at_once_stop_at_what_was_paid() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let stall = Stall::on(app, "100.00").await;
    let (app, seller, buyer, shop) = (&stall.app, &stall.seller, &stall.buyer, stall.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let funds = app.balance(seller, "1000").await;
    pay_in(app, seller, shop, "1000", &funds).await.data();
    let method = app.balance(buyer, "100").await;
    let order = stall.unpaid().await;
    app.pay(buyer, &order, &[&method]).await.data();
    confirm(app, buyer, &order).await;
    let mut refunds = Vec::new();
    for _ in 0..5 {
        refunds.push(app.refund(buyer, &order, "20.00").await);
    }
    let approvals = join_all(refunds.iter().map(|refund| app.approve(seller, refund, refund)));
    let compensations = join_all((0..5).map(|_| compensate(app, &operator, &order, "20")));
    let (approvals, compensations) = tokio::join!(approvals, compensations);
    let approved = approvals.iter().filter(|answer| answer.user_error("approveRefund").is_empty()).count();
    let paid = compensations.iter().filter(|answer| answer.user_error("compensateFromDeposit").is_empty()).count();
    assert_eq!(approved + paid, 5, "{approvals:?} {compensations:?}");
    assert_eq!(app.held(buyer).await, "100.00");
    app.verified().await;
}
