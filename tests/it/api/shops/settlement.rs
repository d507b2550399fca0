//! Settlement: from escrow to the shop's balance by the buyer or by time, refunds after it, and moving the money out.

use std::sync::Arc;

use chrono::TimeDelta;
use kith::worker::Worker;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Market;
use crate::support::app::{Answer, Persona, TestApp, config};
use crate::support::pg::{Durability, PgServer};

impl Market {
    async fn confirm(&self, who: &Persona, order: &str) -> Answer {
        self.call(who, "confirmReceipt", json!({ "orderId": order }), "order { state settledAt settlesAt }").await
    }

    async fn withdraw(&self, who: &Persona, amount: &str) -> Answer {
        let input = json!({ "shopId": self.shop, "amount": { "amount": amount } });
        self.call(who, "withdrawFunds", input, "balance { amount }").await
    }

    /// What the shop has: on its balance, and in escrow.
    async fn funds(&self) -> (String, String) {
        let query = "query($s: ID!) { shop(id: $s) { funds { balance { amount } inEscrow { amount } } } }";
        let data = self.app.ok(&self.seller, query, json!({ "s": self.shop })).await;
        let of = |name: &str| data["shop"]["funds"][name]["amount"].as_str().unwrap().to_owned();
        (of("balance"), of("inEscrow"))
    }

    async fn settle(&self) -> u64 {
        let worker = Worker::new(Arc::clone(&self.app.door), Vec::new(), config().worker);
        worker.settle_orders(&CancellationToken::new()).await.unwrap()
    }
}

fn funds(balance: &str, in_escrow: &str) -> (String, String) {
    (balance.to_owned(), in_escrow.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_settles_the_order_to_the_shops_balance() {
    let market = Market::open("100.00").await;
    let (app, buyer) = (&market.app, &market.buyer);
    let order = app.order(buyer, &market.shop, &market.item, 1).await;
    assert_eq!(market.funds().await, funds("0.00", "100.00"));
    let refund = app.refund(buyer, &order, "30.00").await;
    assert_eq!(market.confirm(buyer, &order).await.user_error("confirmReceipt"), "REFUND_OPEN");
    app.approve(&market.seller, &refund, "k").await.data();
    assert_eq!(market.funds().await, funds("0.00", "70.00"));
    let second = app.account("second").await;
    assert_eq!(market.confirm(&second, &order).await.code(), "NOT_FOUND", "somebody else's is one that does not exist");
    assert_eq!(
        market.confirm(&market.seller, &order).await.code(),
        "NOT_FOUND",
        "the shop cannot say it for the buyer"
    );
    let confirmed = market.confirm(buyer, &order).await.data();
    assert!(confirmed["confirmReceipt"]["order"]["settledAt"].is_string(), "{confirmed}");
    assert_eq!(confirmed["confirmReceipt"]["order"]["settlesAt"], Value::Null);
    assert_eq!(market.funds().await, funds("70.00", "0.00"));
    assert_eq!(market.confirm(buyer, &order).await.user_error("confirmReceipt"), "ALREADY_SETTLED");
    let unpaid = app.unpaid_order(buyer, &market.shop, &market.item, 1).await;
    assert_eq!(market.confirm(buyer, &unpaid).await.user_error("confirmReceipt"), "ORDER_NOT_PAID");
    let whole = app.order(buyer, &market.shop, &market.item, 1).await;
    let refund = app.refund(buyer, &whole, "100.00").await;
    app.approve(&market.seller, &refund, "w").await.data();
    assert_eq!(market.confirm(buyer, &whole).await.user_error("confirmReceipt"), "ORDER_REFUNDED");
    // A refund after the settlement comes from the balance; one that is more than it holds is refused, and can be approved later.
    let refund = app.refund(buyer, &order, "20.00").await;
    assert_eq!(market.withdraw(&market.seller, "55.00").await.data()["withdrawFunds"]["balance"]["amount"], "15.00");
    assert_eq!(app.approve(&market.seller, &refund, "a").await.user_error("approveRefund"), "SHOP_BALANCE_TOO_LOW");
    assert_eq!(market.funds().await, funds("15.00", "0.00"));
    let more = app.order(buyer, &market.shop, &market.item, 1).await;
    market.confirm(buyer, &more).await.data();
    app.approve(&market.seller, &refund, "b").await.data();
    assert_eq!(market.funds().await, funds("95.00", "0.00"));
    let statement =
        "query($s: ID!) { shop(id: $s) { fundsStatement { edges { node { kind amount { amount } reference } } } } }";
    let lines = app.ok(&market.seller, statement, json!({ "s": market.shop })).await;
    let lines: Vec<(String, String)> = lines["shop"]["fundsStatement"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&e["node"]["kind"]), text(&e["node"]["amount"]["amount"]))
        })
        .collect();
    let lines: Vec<(&str, &str)> = lines.iter().map(|(kind, amount)| (kind.as_str(), amount.as_str())).collect();
    let wanted =
        [("REFUND", "-20.00"), ("ORDER_SETTLED", "100.00"), ("FUNDS_WITHDRAWN", "-55.00"), ("ORDER_SETTLED", "70.00")];
    assert_eq!(lines, wanted);
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_settles_what_no_buyer_confirms() {
    let market = Market::open("100.00").await;
    let (app, buyer) = (&market.app, &market.buyer);
    app.order(buyer, &market.shop, &market.item, 1).await;
    let asked = app.order(buyer, &market.shop, &market.item, 2).await;
    let refund = app.refund(buyer, &asked, "50.00").await;
    app.clock.advance(TimeDelta::days(10) - TimeDelta::seconds(1));
    assert_eq!(market.settle().await, 0);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!((market.settle().await, market.settle().await), (1, 0), "the other one waits for its refund");
    let seller = Persona { token: app.log_in(&market.seller.login).await, ..market.seller.clone() };
    let market = Market { seller, ..market };
    assert_eq!(market.funds().await, funds("100.00", "200.00"));
    market.app.approve(&market.seller, &refund, "k").await.data();
    assert_eq!(market.settle().await, 1);
    assert_eq!(market.funds().await, funds("250.00", "0.00"));
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_funds_are_withdrawn_by_who_holds_that_and_never_below_zero() {
    let market = Market::open("100.00").await;
    let (app, shop) = (&market.app, market.shop.as_str());
    let order = app.order(&market.buyer, shop, &market.item, 1).await;
    market.confirm(&market.buyer, &order).await.data();
    let clerk = app.clerk(shop, "caiwu", &["funds.read"]).await;
    assert_eq!(market.withdraw(&clerk, "1").await.code(), "FORBIDDEN");
    let stranger = app.account("stranger").await;
    app.shop(&stranger).await;
    assert_eq!(market.withdraw(&stranger, "1").await.code(), "NOT_FOUND");
    for (amount, code) in [
        ("0", "INVALID_AMOUNT"),
        ("-1", "INVALID_AMOUNT"),
        ("0.001", "INVALID_AMOUNT"),
        ("9223372036854775808", "INVALID_AMOUNT"),
        ("100.01", "SHOP_BALANCE_TOO_LOW"),
    ] {
        assert_eq!(market.withdraw(&market.seller, amount).await.user_error("withdrawFunds"), code, "{amount}");
    }
    market.withdraw(&market.seller, "40").await.data();
    assert_eq!((app.held(&market.seller).await.as_str(), market.funds().await.0.as_str()), ("40.00", "60.00"));
    market.close().await;
}

/// h10, h06: receipts, requests and approvals of the same orders at once; each fen is in one place afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h10_server_refunds_that_race_the_settlement_leave_the_books_whole() {
    let server = PgServer::start_with(Durability::None).await;
    let market = Market::on(TestApp::start_on(&server.fresh_database().await, 16).await, "100.00").await;
    let app = &market.app;
    let mut orders = Vec::new();
    for _ in 0..24 {
        orders.push(app.order(&market.buyer, &market.shop, &market.item, 1).await);
    }
    app.clock.advance(TimeDelta::days(10));
    let seller = Persona { token: app.log_in(&market.seller.login).await, ..market.seller.clone() };
    let buyer = Persona { token: app.log_in(&market.buyer.login).await, ..market.buyer.clone() };
    let refunding = futures_util::future::join_all(orders.iter().map(|order| async {
        let refund = app.refund(&buyer, order, "25.00").await;
        let answer = app.approve(&seller, &refund, &refund).await;
        let state = answer.0["data"]["approveRefund"]["refund"]["state"].as_str();
        state.unwrap_or_else(|| answer.user_error("approveRefund")).to_owned()
    }));
    let confirming = futures_util::future::join_all(orders.iter().map(|order| market.confirm(&buyer, order)));
    let (refunded, confirmed, settled) = tokio::join!(refunding, confirming, market.settle());
    let (mut given, mut by_buyer) = (0, 0);
    for code in refunded {
        // The balance may hold too little at that moment.
        assert!(["APPROVED", "SHOP_BALANCE_TOO_LOW"].contains(&code.as_str()), "{code}");
        given += i64::from(code == "APPROVED");
    }
    for answer in &confirmed {
        let code = answer.user_error("confirmReceipt");
        assert!(["", "REFUND_OPEN", "ALREADY_SETTLED"].contains(&code), "{answer:?}");
        by_buyer += u64::from(code.is_empty());
    }
    app.verified().await;
    let market = Market { seller, buyer, ..market };
    let fen = |text: String| text.replace('.', "").parse::<i64>().unwrap();
    let (balance, in_escrow) = market.funds().await;
    assert_eq!(fen(balance) + fen(in_escrow), 240_000 - given * 2_500, "{settled} by time, {by_buyer} by the buyer");
}

/// h10: refunds of settled orders at once, more than the balance holds: as many as fit, and never below zero.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h10_server_refunds_after_settlement_take_no_more_than_the_balance() {
    let server = PgServer::start_with(Durability::None).await;
    let market = Market::on(TestApp::start_on(&server.fresh_database().await, 16).await, "100.00").await;
    let (app, buyer) = (&market.app, &market.buyer);
    let mut refunds = Vec::new();
    for _ in 0..8 {
        let order = app.order(buyer, &market.shop, &market.item, 1).await;
        assert_eq!(market.confirm(buyer, &order).await.user_error("confirmReceipt"), "");
        refunds.push(app.refund(buyer, &order, "30.00").await);
    }
    assert_eq!(market.withdraw(&market.seller, "700").await.data()["withdrawFunds"]["balance"]["amount"], "100.00");
    let answers = futures_util::future::join_all(refunds.iter().map(|r| app.approve(&market.seller, r, r))).await;
    let codes: Vec<&str> = answers
        .iter()
        .map(|answer| match answer.0["data"]["approveRefund"]["refund"]["state"].as_str() {
            Some(state) => state,
            None => answer.user_error("approveRefund"),
        })
        .collect();
    let of = |wanted: &str| codes.iter().filter(|code| **code == wanted).count();
    assert_eq!((of("APPROVED"), of("SHOP_BALANCE_TOO_LOW")), (3, 5), "{answers:?}");
    assert_eq!(market.funds().await, funds("10.00", "0.00"));
    app.verified().await;
}
