//! Closing a shop: who may, and that no buyer can lose money by it (requirement 2.13).

use chrono::TimeDelta;
use serde_json::json;

use super::Stall;
use super::deposits::{close, compensate, confirm, later, pay_in};
use crate::support::app::{Persona, TestApp};
use crate::support::intimate::{Home, PAYMENT_PASSWORD};
use crate::support::pg::{Durability, PgServer};

#[tokio::test(flavor = "multi_thread")]
async fn r2_13_closing_is_the_main_accounts_alone_and_stepped_up() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    let method = app.balance(seller, "100").await;
    pay_in(app, seller, shop, "100", &method).await.data();
    // Whoever may withdraw, within limits or without, neither closes the shop nor pays its deposit.
    let clerk = app.clerk(shop, "caiwu", &["funds.read", "funds.withdraw"]).await;
    for answer in [close(app, &clerk, shop, true).await, pay_in(app, &clerk, shop, "1", &method).await] {
        assert_eq!((answer.code(), &answer.extensions()["reason"]), ("FORBIDDEN", &json!("PERMISSION_MISSING")));
    }
    let grant = "mutation($s: ID!, $p: String!) { grantPermission(input: { subAccountId: $s, permission: $p }) {
        grant { id } userErrors { code } } }";
    for code in ["shop.close", "deposit.pay"] {
        let granted = app.run(Some(&seller.token), grant, json!({ "s": clerk.id, "p": code })).await;
        assert_eq!(granted.user_error("grantPermission"), "MAIN_ACCOUNT_ONLY", "{code}");
    }
    assert_eq!(close(app, seller, shop, true).await.code(), "STEP_UP_REQUIRED");
    // Who has more than a password shows more than that: whoever found it out takes no deposit with it.
    app.bind_phone(seller, "+8613812345634").await;
    app.step_up(seller).await;
    let weak = close(app, seller, shop, true).await;
    assert_eq!((weak.code(), &weak.extensions()["stepUpFactors"]), ("STEP_UP_REQUIRED", &json!(["CODE"])));
    step_up_by_code(app, seller, "+8613812345634").await;
    let closed = close(app, seller, shop, true).await.data();
    assert_eq!(closed["closeShop"]["returned"]["amount"], "100.00", "{closed}");
    // Nobody spends what is the main account's in the name of a shop that is no more.
    let send = "mutation($input: SendRedPacketInput!) { sendRedPacket(input: $input) @idempotent(key: \"r\") {
        userErrors { code } } }";
    let ends = (app.now() + TimeDelta::hours(2)).to_rfc3339();
    let input = json!({
        "shopId": shop, "name": "Late", "budget": { "amount": "1" }, "shares": 1, "split": "EQUAL", "endsAt": ends,
    });
    let late = app.run(Some(&seller.token), send, json!({ "input": input })).await;
    assert_eq!(late.user_error("sendRedPacket"), "SHOP_CLOSED", "{late:?}");
    app.verified().await;
    stall.app.stop().await;
}

async fn step_up_by_code(app: &TestApp, who: &Persona, phone: &str) {
    let send = "mutation { sendStepUpCode(input: {}) { sentTo userErrors { code } } }";
    app.ok(who, send, json!({})).await;
    let step_up = "mutation($c: String!) { stepUp(input: { code: $c }) { until userErrors { code } } }";
    let done = app.ok(who, step_up, json!({ "c": app.code_to(phone).await })).await;
    assert!(done["stepUp"]["until"].is_string(), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_13_a_shop_stays_while_one_of_its_buyers_can_lose_money() {
    let stall = Stall::open("60.00").await;
    let (app, shop) = (&stall.app, stall.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let method = app.balance(&stall.seller, "100").await;
    pay_in(app, &stall.seller, shop, "100", &method).await.data();
    let (paid, unpaid) = (app.order(&stall.buyer, shop, &stall.item, 1).await, stall.unpaid().await);
    app.step_up(&stall.seller).await;
    let early = close(app, &stall.seller, shop, true).await;
    assert_eq!(early.user_error("closeShop"), "ORDERS_UNDER_WAY", "paid and not settled");
    confirm(app, &stall.buyer, &paid).await;
    assert_eq!(close(app, &stall.seller, shop, true).await.user_error("closeShop"), "ORDERS_UNDER_WAY", "just settled");
    app.clock.advance(TimeDelta::days(14));
    let seller = Persona { token: app.log_in(&stall.seller.login).await, ..stall.seller.clone() };
    app.step_up(&seller).await;
    assert_eq!(close(app, &seller, shop, true).await.user_error("closeShop"), "ORDERS_UNDER_WAY", "for fifteen days");
    // So a dispute that is won on the last day is paid.
    let operator = Persona { token: app.log_in(&operator.login).await, ..operator };
    let won = compensate(app, &operator, &paid, "60").await.data();
    assert_eq!(won["compensateFromDeposit"]["held"]["amount"], "40.00");
    // Nothing is left to win now; an order that nobody paid keeps no shop open.
    let closed = close(app, &seller, shop, true).await.data();
    assert_eq!(closed["closeShop"]["returned"]["amount"], "40.00", "{closed}");
    let buyer = Persona { token: app.log_in(&stall.buyer.login).await, ..stall.buyer.clone() };
    let balance = app.balance(&buyer, "40").await;
    assert_eq!(app.pay(&buyer, &unpaid, &[&balance]).await.user_error("payOrder"), "SHOP_CLOSED");
    assert_eq!(app.order_state(&buyer, &unpaid).await, "AWAITING_PAYMENT");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_13_nobody_pays_a_closed_shop_by_intimate_pay_either() {
    let home = Home::open("500").await;
    let (app, seller) = (&home.app, &home.seller);
    let (order, dear) = (home.order("10.00", "books").await, home.order("600.00", "books").await);
    let asked = app.ask_to_pay(&home.father, &home.relation, &dear).await.data();
    let request = asked["askToPay"]["request"]["id"].as_str().unwrap().to_owned();
    app.step_up(seller).await;
    close(app, seller, &home.shop, true).await.data();
    assert_eq!(home.pay(&order).await.user_error("payWithIntimatePay"), "SHOP_CLOSED");
    assert_eq!(app.ask_to_pay(&home.father, &home.relation, &order).await.user_error("askToPay"), "SHOP_CLOSED");
    let approved = app.approve_request(&home.daughter, &request).await;
    assert_eq!(approved.user_error("approvePayRequest"), "SHOP_CLOSED");
    assert_eq!(home.used().await, "0.00");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_9_nobody_pays_a_shop_whose_operator_failed_a_review() {
    let home = Home::open("500").await;
    let app = &home.app;
    let order = home.order("10.00", "books").await;
    app.sql("UPDATE certifications SET suspended_at = now()").await;
    assert_eq!(home.pay(&order).await.user_error("payWithIntimatePay"), "SELLING_SUSPENDED");
    let own = app.balance(&home.father, "10").await;
    assert_eq!(app.pay(&home.father, &order, &[&own]).await.user_error("payOrder"), "SELLING_SUSPENDED");
    app.sql("UPDATE certifications SET suspended_at = NULL").await;
    let paid = app.pay_intimately(&home.father, &home.relation, &order, "later", PAYMENT_PASSWORD).await.data();
    assert_eq!(paid["payWithIntimatePay"]["purchase"]["state"], "PAID", "and when it passed, they do");
    home.close().await;
}

/// Closing against paying, buying and listing at the same moment, on a server with many connections: whoever is first wins, and
/// no shop is closed with a buyer's money in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r2_13_server_nothing_slips_past_a_shop_that_closes_at_the_same_time() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let method = app.balance(&buyer, "1000").await;
    app.step_up(&seller).await;
    let (mut closed, mut sold) = (0, 0);
    for round in 0..24 {
        let shop = app.shop(&seller).await;
        let item = app.item(&seller, &shop, "10.00").await;
        let order = app.unpaid_order(&buyer, &shop, &item, 1).await;
        let place = "mutation($i: PlaceOrderInput!, $k: String!) { placeOrder(input: $i) @idempotent(key: $k) {
            order { id } userErrors { code } } }";
        let input = json!({ "shopId": shop, "itemId": item });
        let create = "mutation($i: CreateItemInput!) { createItem(input: $i) { itemId userErrors { code } } }";
        let listed = json!({ "i": { "shopId": shop, "title": "Late", "price": { "amount": "1" } } });
        let closing = async {
            // Now a little before, now a little after the others.
            tokio::time::sleep(std::time::Duration::from_micros(200 * round)).await;
            close(&app, &seller, &shop, true).await
        };
        let placing = app.run(Some(&buyer.token), place, json!({ "i": input, "k": shop }));
        let methods = [method.as_str()];
        let (closing, paying, placing, listing) = tokio::join!(
            closing,
            app.pay(&buyer, &order, &methods),
            placing,
            app.run(Some(&seller.token), create, listed),
        );
        let is_closed = closing.0["data"]["closeShop"]["returned"].is_object();
        let paid = paying.0["data"]["payOrder"]["payment"].is_object();
        let placed = placing.0["data"]["placeOrder"]["order"].is_object();
        assert!(is_closed != (paid || placed), "{closing:?} {paying:?} {placing:?}");
        if is_closed {
            assert_eq!(paying.user_error("payOrder"), "SHOP_CLOSED");
            assert_eq!(placing.code(), "NOT_FOUND");
            let late = app.run(
                Some(&seller.token),
                create,
                json!({ "i": { "shopId": shop, "title": "Later",
                "price": { "amount": "1" } } }),
            );
            assert_eq!(late.await.user_error("createItem"), "SHOP_CLOSED");
        } else {
            assert_eq!(closing.user_error("closeShop"), "ORDERS_UNDER_WAY");
            assert!(paid && placed, "{paying:?} {placing:?}");
        }
        assert!(["", "SHOP_CLOSED"].contains(&listing.user_error("createItem")), "{listing:?}");
        (closed, sold) = (closed + u32::from(is_closed), sold + u32::from(paid));
    }
    assert_eq!(closed + sold, 24);
    app.verified().await;
}

/// The day after which a shop may be closed counts from the last order that was settled.
#[tokio::test(flavor = "multi_thread")]
async fn r2_13_a_shop_is_closed_once_the_last_order_is_settled_long_enough() {
    let stall = Stall::open("60.00").await;
    let (app, shop) = (&stall.app, stall.shop.as_str());
    let order = app.order(&stall.buyer, shop, &stall.item, 1).await;
    confirm(app, &stall.buyer, &order).await;
    let seller = later(app, &stall.seller).await;
    app.step_up(&seller).await;
    close(app, &seller, shop, true).await.data();
    assert_eq!(close(app, &seller, shop, true).await.user_error("closeShop"), "SHOP_CLOSED");
    // h36: what it earned is withdrawn before its owner goes, and can be.
    let delete = "mutation { deleteAccount(input: { confirmed: true }) { userErrors { code message } } }";
    let refused = app.ok(&seller, delete, json!({})).await;
    assert!(refused.to_string().contains("withdrawFunds"), "{refused}");
    let withdraw = "mutation($s: ID!) { withdrawFunds(input: { shopId: $s, amount: { amount: \"60.00\" } })
        @idempotent(key: \"all\") { balance { amount } userErrors { code } } }";
    let withdrawn = app.ok(&seller, withdraw, json!({ "s": shop })).await;
    assert_eq!(withdrawn["withdrawFunds"]["balance"]["amount"], "0.00", "{withdrawn}");
    let refused = app.ok(&seller, delete, json!({})).await;
    assert!(!refused.to_string().contains("withdrawFunds") && refused.to_string().contains("balance"), "{refused}");
    app.verified().await;
    stall.app.stop().await;
}
