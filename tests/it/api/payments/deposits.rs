//! Deposits (保证金, requirements 2.11–2.13).

use serde_json::{Value, json};
use uuid::Uuid;

use super::Stall;
use crate::support::app::{Answer, Persona, TestApp};

pub async fn list(app: &TestApp, seller: &Persona, shop: &str, category: &str, price: &str) -> Answer {
    let create =
        "mutation($input: CreateItemInput!) { createItem(input: $input) { itemId userErrors { code message } } }";
    let input = json!({ "shopId": shop, "title": "x", "category": category, "price": { "amount": price } });
    app.run(Some(&seller.token), create, json!({ "input": input })).await
}

pub async fn pay_in(app: &TestApp, seller: &Persona, shop: &str, amount: &str, method: &str) -> Answer {
    let pay = "mutation($input: PayDepositInput!, $k: String!) {
        payDeposit(input: $input) @idempotent(key: $k) { payment { state orderId } userErrors { code } } }";
    let input = json!({ "shopId": shop, "amount": { "amount": amount }, "paymentMethodIds": [method] });
    app.run(Some(&seller.token), pay, json!({ "input": input, "k": Uuid::now_v7().to_string() })).await
}

pub async fn deposit(app: &TestApp, seller: &Persona, shop: &str) -> Value {
    let query = "query($s: ID!) { shop(id: $s) { deposit {
        held { amount } required { amount } missing { amount } violations { reason amount { amount } deducted { amount } } } } }";
    app.ok(seller, query, json!({ "s": shop })).await["shop"]["deposit"].clone()
}

pub async fn compensate(app: &TestApp, operator: &Persona, order: &str, amount: &str) -> Answer {
    let mutation = "mutation($o: ID!, $a: Decimal!, $k: String!) {
        compensateFromDeposit(input: { orderId: $o, amount: { amount: $a }, reason: \"fake\" }) @idempotent(key: $k) {
          refund { state byPlatform } held { amount } missing { amount } userErrors { code } } }";
    app.run(Some(&operator.token), mutation, json!({ "o": order, "a": amount, "k": Uuid::now_v7().to_string() })).await
}

/// The days are over during which buyers of settled orders may win a dispute; the same person, logged in anew.
pub async fn later(app: &TestApp, who: &Persona) -> Persona {
    app.clock.advance(chrono::TimeDelta::days(15));
    Persona { token: app.log_in(&who.login).await, ..who.clone() }
}

/// The buyer has what was bought: the order is settled.
pub async fn confirm(app: &TestApp, buyer: &Persona, order: &str) {
    let confirm = "mutation($o: ID!, $k: String!) {
        confirmReceipt(input: { orderId: $o }) @idempotent(key: $k) { order { settledAt } userErrors { code } } }";
    let done = app.ok(buyer, confirm, json!({ "o": order, "k": Uuid::now_v7().to_string() })).await;
    assert!(done["confirmReceipt"]["order"]["settledAt"].is_string(), "{done}");
}

pub async fn close(app: &TestApp, seller: &Persona, shop: &str, confirmed: bool) -> Answer {
    let mutation = "mutation($s: ID!, $c: Boolean!, $k: String!) { closeShop(input: { shopId: $s, confirmed: $c })
        @idempotent(key: $k) { deducted { amount } returned { amount } userErrors { code } } }";
    app.run(Some(&seller.token), mutation, json!({ "s": shop, "c": confirmed, "k": Uuid::now_v7().to_string() })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_11_a_laptop_is_listed_once_twenty_thousand_are_deposited() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    assert_eq!(list(app, seller, shop, "unheard-of", "1").await.user_error("createItem"), "CATEGORY_UNKNOWN");
    list(app, seller, shop, "books", "30").await.data();
    let refused = list(app, seller, shop, "laptops", "5999").await;
    assert_eq!(refused.user_error("createItem"), "DEPOSIT_MISSING");
    let message = refused.0["data"]["createItem"]["userErrors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("¥20000.00"), "it says how much: {message}");
    let method = app.balance(seller, "30000").await;
    pay_in(app, seller, shop, "19999.99", &method).await.data();
    let refused = list(app, seller, shop, "laptops", "5999").await.0["data"]["createItem"]["userErrors"][0].clone();
    assert!(refused["message"].as_str().unwrap().contains("¥0.01"), "{refused}");
    pay_in(app, seller, shop, "0.01", &method).await.data();
    list(app, seller, shop, "laptops", "5999").await.data();
    assert_eq!(app.held(seller).await, "10000.00");
    // By value: from ¥15,000 on it is ¥30,000.
    assert_eq!(list(app, seller, shop, "laptops", "14999.99").await.user_error("createItem"), "");
    assert_eq!(list(app, seller, shop, "laptops", "15000").await.user_error("createItem"), "DEPOSIT_MISSING");
    let rules = app.ok(
        seller,
        "{ itemCategories { code depositRules { fromPrice { amount } required { amount } } } }",
        json!({}),
    );
    let rules = rules.await["itemCategories"].clone();
    let laptops = rules.as_array().unwrap().iter().find(|category| category["code"] == "laptops").unwrap().clone();
    assert_eq!(laptops["depositRules"][0]["required"]["amount"], "20000.00");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_11_a_deposit_paid_by_card_counts_once_it_is_captured() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    let card = app.card(seller, "4242424242424242").await;
    let begun = pay_in(app, seller, shop, "20000", &card).await.data();
    assert_eq!(begun["payDeposit"]["payment"], json!({ "state": "PENDING", "orderId": null }));
    assert_eq!(list(app, seller, shop, "laptops", "5999").await.user_error("createItem"), "DEPOSIT_MISSING");
    app.pay_out().await;
    list(app, seller, shop, "laptops", "5999").await.data();
    for bad in ["0", "-5", "0.001", "9223372036854775807"] {
        assert_eq!(pay_in(app, seller, shop, bad, &card).await.user_error("payDeposit"), "INVALID_AMOUNT", "{bad}");
    }
    let stranger = app.account("stranger").await;
    assert_eq!(pay_in(app, &stranger, shop, "1", &card).await.code(), "FORBIDDEN");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_11_a_price_does_not_rise_past_the_deposit() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    // Below ¥1,000 jewellery wants nothing.
    let listed = list(app, seller, shop, "jewellery", "999").await.data();
    let item = listed["createItem"]["itemId"].as_str().unwrap_or_else(|| panic!("{listed}")).to_owned();
    assert_eq!(reprice(app, seller, &item, "999.99").await.user_error("updateItemPrice"), "");
    let refused = reprice(app, seller, &item, "50000").await;
    assert_eq!(refused.user_error("updateItemPrice"), "DEPOSIT_MISSING");
    let message = refused.0["data"]["updateItemPrice"]["userErrors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("¥50000.00"), "it says how much: {message}");
    assert_eq!(deposit(app, seller, shop).await["required"]["amount"], "0.00", "and the price is as it was");
    let method = app.balance(seller, "60000").await;
    pay_in(app, seller, shop, "10000", &method).await.data();
    assert_eq!(reprice(app, seller, &item, "19999.99").await.user_error("updateItemPrice"), "");
    assert_eq!(reprice(app, seller, &item, "20000").await.user_error("updateItemPrice"), "DEPOSIT_MISSING");
    pay_in(app, seller, shop, "40000", &method).await.data();
    assert_eq!(reprice(app, seller, &item, "50000").await.user_error("updateItemPrice"), "");
    // A price may always fall, whatever the deposit holds.
    app.sql("UPDATE deposit_rules SET required_minor = 90000000 WHERE category = 'jewellery'").await;
    assert_eq!(reprice(app, seller, &item, "40000").await.user_error("updateItemPrice"), "");
    assert_eq!(reprice(app, seller, &item, "40001").await.user_error("updateItemPrice"), "DEPOSIT_MISSING");
    app.verified().await;
    stall.app.stop().await;
}

async fn reprice(app: &TestApp, seller: &Persona, item: &str, price: &str) -> Answer {
    let update = "mutation($i: ID!, $p: Decimal!) { updateItemPrice(input: { itemId: $i, price: { amount: $p } }) {
        item { id } userErrors { code message } } }";
    app.run(Some(&seller.token), update, json!({ "i": item, "p": price })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_11_a_shop_in_another_currency_does_not_list_without_a_deposit_what_wants_one() {
    let stall = Stall::open("10.00").await;
    let (app, seller) = (&stall.app, &stall.seller);
    let shop = app.shop_in(seller, "USD").await;
    for category in ["laptops", "phones", "jewellery"] {
        let refused = list(app, seller, &shop, category, "1").await;
        assert_eq!(refused.user_error("createItem"), "DEPOSIT_RULES_MISSING", "{category}");
        let message = refused.0["data"]["createItem"]["userErrors"][0]["message"].to_string();
        assert!(message.contains("USD"), "it says in which currency: {message}");
    }
    list(app, seller, &shop, "books", "30").await.data();
    // Once the platform has said how much, it is as everywhere.
    app.sql("INSERT INTO deposit_rules VALUES ('laptops', 'USD', 0, 300000)").await;
    let refused = list(app, seller, &shop, "laptops", "900").await;
    assert_eq!(refused.user_error("createItem"), "DEPOSIT_MISSING", "{refused:?}");
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_12_a_lost_dispute_is_paid_from_the_deposit_and_listing_stops() {
    let stall = Stall::open("300.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let method = app.balance(seller, "21000").await;
    pay_in(app, seller, shop, "20000", &method).await.data();
    list(app, seller, shop, "laptops", "5999").await.data();
    let order = app.order(&stall.buyer, shop, &stall.item, 1).await;
    confirm(app, &stall.buyer, &order).await;
    assert_eq!(compensate(app, seller, &order, "1").await.code(), "FORBIDDEN", "the platform decides, not the shop");
    let done = compensate(app, &operator, &order, "300").await.data()["compensateFromDeposit"].clone();
    assert_eq!((&done["held"]["amount"], &done["missing"]["amount"]), (&json!("19700.00"), &json!("300.00")), "{done}");
    assert_eq!((&done["refund"]["state"], &done["refund"]["byPlatform"]), (&json!("APPROVED"), &json!(true)));
    assert_eq!(app.held(&stall.buyer).await, "300.00");
    assert_eq!(app.order_state(&stall.buyer, &order).await, "REFUNDED");
    // Nothing at all is listed until it is whole again, and the shop is told how much is missing.
    assert_eq!(list(app, seller, shop, "books", "30").await.user_error("createItem"), "DEPOSIT_MISSING");
    assert_eq!(deposit(app, seller, shop).await["missing"]["amount"], "300.00");
    app.deliver().await;
    let inbox =
        app.ok(seller, "{ viewer { notifications { edges { node { title } } } } }", json!({})).await.to_string();
    assert!(inbox.contains("300.00 is missing"), "{inbox}");
    pay_in(app, seller, shop, "300", &method).await.data();
    list(app, seller, shop, "books", "30").await.data();
    // Never below nothing: a deposit of ¥20,000 does not pay ¥30,000.
    let dear = app.item(seller, shop, "30000.00").await;
    let dear = app.order(&stall.buyer, shop, &dear, 1).await;
    confirm(app, &stall.buyer, &dear).await;
    let more = compensate(app, &operator, &dear, "20000.01").await;
    assert_eq!(more.user_error("compensateFromDeposit"), "DEPOSIT_TOO_LOW");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_13_closing_returns_what_is_left_after_recorded_violations() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let method = app.balance(seller, "20000").await;
    pay_in(app, seller, shop, "20000", &method).await.data();
    let record = "mutation($s: ID!, $a: Decimal!, $k: String!) { recordViolation(input: { shopId: $s,
        amount: { amount: $a }, reason: \"counterfeit\" }) @idempotent(key: $k) { violationId userErrors { code } } }";
    for (amount, key) in [("500", "a"), ("1500.50", "b"), ("1500.50", "b")] {
        app.ok(&operator, record, json!({ "s": shop, "a": amount, "k": key })).await;
    }
    assert_eq!(
        deposit(app, seller, shop).await["violations"].as_array().unwrap().len(),
        2,
        "the same key is the same one"
    );
    let order = app.order(&stall.buyer, shop, &stall.item, 1).await;
    let refund = app.refund(&stall.buyer, &order, "1.00").await;
    app.step_up(seller).await;
    assert_eq!(close(app, seller, shop, true).await.user_error("closeShop"), "OPEN_REFUNDS");
    app.approve(seller, &refund, "k").await.data();
    confirm(app, &stall.buyer, &order).await;
    let seller = &later(app, seller).await;
    app.step_up(seller).await;
    assert_eq!(close(app, seller, shop, false).await.user_error("closeShop"), "NOT_CONFIRMED");
    let closed = close(app, seller, shop, true).await.data()["closeShop"].clone();
    assert_eq!(closed["deducted"]["amount"], "2000.50");
    assert_eq!(closed["returned"]["amount"], "17999.50");
    assert_eq!(app.held(seller).await, "17999.50");
    assert_eq!(close(app, seller, shop, true).await.user_error("closeShop"), "SHOP_CLOSED");
    assert_eq!(pay_in(app, seller, shop, "1", &method).await.user_error("payDeposit"), "SHOP_CLOSED");
    // Nothing is bought or listed there any more.
    let place =
        "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) @idempotent(key: \"z\") { order { id } } }";
    let input = json!({ "shopId": shop, "itemId": stall.item });
    let buyer = app.log_in(&stall.buyer.login).await;
    assert_eq!(app.run(Some(&buyer), place, json!({ "input": input })).await.code(), "NOT_FOUND");
    assert_eq!(list(app, seller, shop, "books", "1").await.user_error("createItem"), "SHOP_CLOSED");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_13_violations_that_cost_more_than_there_is_take_what_there_is() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    let operator = app.operator(&["platform.deposit.manage"]).await;
    let method = app.balance(seller, "100").await;
    pay_in(app, seller, shop, "100", &method).await.data();
    let record = "mutation($s: ID!, $k: String!) { recordViolation(input: { shopId: $s, amount: { amount: \"70\" },
        reason: \"x\" }) @idempotent(key: $k) { violationId userErrors { code } } }";
    for key in ["a", "b"] {
        app.ok(&operator, record, json!({ "s": shop, "k": key })).await;
    }
    app.step_up(seller).await;
    let closed = close(app, seller, shop, true).await.data()["closeShop"].clone();
    assert_eq!((&closed["deducted"]["amount"], &closed["returned"]["amount"]), (&json!("100.00"), &json!("0.00")));
    let deducted: Vec<Value> = deposit(app, seller, shop).await["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| violation["deducted"]["amount"].clone())
        .collect();
    assert_eq!(deducted, [json!("70.00"), json!("30.00")]);
    app.verified().await;
    stall.app.stop().await;
}
