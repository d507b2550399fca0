//! Payment accounts: added, then verified (requirement 1.8); top-ups; the statement.

use serde_json::json;

use crate::support::app::TestApp;

const ADD: &str = "mutation($h: String!) {
    addPaymentAccount(input: { handle: $h }) { paymentMethod { id label isUsable verifiedAt } userErrors { code message } } }";
const VERIFY: &str = "mutation($m: ID!, $c: String!) {
    verifyPaymentAccount(input: { paymentMethodId: $m, code: $c }) { paymentMethod { isUsable } userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r1_8_only_a_verified_payment_account_can_pay() {
    let stall = super::Stall::open("30.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    app.top_up(buyer, "100").await.data();
    let added = app.ok(buyer, ADD, json!({ "h": "+86 138 1234 5634" })).await["addPaymentAccount"].clone();
    let method = added["paymentMethod"]["id"].as_str().unwrap();
    assert_eq!(added["paymentMethod"]["label"], "+86138******34", "masked");
    assert_eq!(added["paymentMethod"]["isUsable"], false);
    let order = stall.unpaid().await;
    assert_eq!(app.pay(buyer, &order, &[method]).await.user_error("payOrder"), "METHOD_NOT_VERIFIED");
    let code = app.code_to("+8613812345634").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = app.run(Some(&buyer.token), VERIFY, json!({ "m": method, "c": wrong })).await;
    assert_eq!(refused.user_error("verifyPaymentAccount"), "CODE_WRONG");
    assert_eq!(app.pay(buyer, &order, &[method]).await.user_error("payOrder"), "METHOD_NOT_VERIFIED");
    let verified = app.ok(buyer, VERIFY, json!({ "m": method, "c": code })).await;
    assert_eq!(verified["verifyPaymentAccount"]["paymentMethod"]["isUsable"], true, "{verified}");
    let paid = app.pay(buyer, &order, &[method]).await.data();
    assert_eq!(paid["payOrder"]["payment"]["state"], "CAPTURED");
    assert_eq!(app.order_state(buyer, &order).await, "PAID");
    assert_eq!(app.held(buyer).await, "70.00");
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_8_a_payment_account_belongs_to_one_account_and_an_account_has_one() {
    let app = TestApp::start().await;
    let (first, second) = (app.account("first").await, app.account("second").await);
    for bad in ["", "12345", "nobody", "a@b", "４"] {
        let answer = app.run(Some(&first.token), ADD, json!({ "h": bad })).await;
        assert_eq!(answer.user_error("addPaymentAccount"), "HANDLE_INVALID", "{bad}");
    }
    // Both may try: who holds it is told to whoever has the code only.
    let mut methods = Vec::new();
    for who in [&first, &second] {
        let added = app.ok(who, ADD, json!({ "h": "shared@example.com" })).await;
        methods.push(added["addPaymentAccount"]["paymentMethod"]["id"].as_str().unwrap().to_owned());
        let code = app.code_to("shared@example.com").await;
        let answer = app.run(Some(&who.token), VERIFY, json!({ "m": methods.last(), "c": code })).await;
        let expected = if methods.len() == 1 { "" } else { "HANDLE_TAKEN" };
        assert_eq!(answer.user_error("verifyPaymentAccount"), expected, "{answer:?}");
    }
    let again = app.run(Some(&first.token), ADD, json!({ "h": "other@example.com" })).await;
    assert_eq!(again.user_error("addPaymentAccount"), "PAYMENT_ACCOUNT_EXISTS");
    // h19: another account's method is one that does not exist.
    let foreign = app.run(Some(&second.token), VERIFY, json!({ "m": methods[0], "c": "123456" })).await;
    assert_eq!(foreign.user_error("verifyPaymentAccount"), "NOTHING_TO_VERIFY");
    let remove = "mutation($m: ID!) { removePaymentMethod(input: { paymentMethodId: $m }) { userErrors { code } } }";
    assert_eq!(app.run(Some(&second.token), remove, json!({ "m": methods[0] })).await.code(), "NOT_FOUND");
    app.ok(&first, remove, json!({ "m": methods[0] })).await;
    let left = app.ok(&first, "{ viewer { paymentMethods { id } } }", json!({})).await;
    assert_eq!(left["viewer"]["paymentMethods"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_lists_every_movement_and_adds_up_to_the_balance() {
    let stall = super::Stall::open("30.00").await;
    let (app, buyer) = (&stall.app, &stall.buyer);
    let method = app.balance(buyer, "100").await;
    for _ in 0..2 {
        let order = stall.unpaid().await;
        app.pay(buyer, &order, &[&method]).await.data();
    }
    let query = "query($n: Int, $a: String) { viewer { balance { amount } statement(first: $n, after: $a) {
        edges { cursor node { kind amount { amount currency } reference at } } pageInfo { hasNextPage endCursor } } } }";
    let all = app.ok(buyer, query, json!({ "n": 10 })).await["viewer"].clone();
    let lines: Vec<(String, String)> = all["statement"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            (text(&edge["node"]["kind"]), text(&edge["node"]["amount"]["amount"]))
        })
        .collect();
    let line = |kind: &str, amount: &str| (kind.to_owned(), amount.to_owned());
    assert_eq!(lines, [line("ORDER_PAID", "-30.00"), line("ORDER_PAID", "-30.00"), line("TOP_UP", "100.00")]);
    assert_eq!(all["balance"]["amount"], "40.00");
    let page = app.ok(buyer, query, json!({ "n": 2 })).await["viewer"]["statement"].clone();
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let next = app.ok(buyer, query, json!({ "n": 2, "a": page["pageInfo"]["endCursor"] })).await;
    assert_eq!(next["viewer"]["statement"]["edges"].as_array().unwrap().len(), 1);
    let empty = app.ok(&stall.seller, query, json!({ "n": 2 })).await["viewer"].clone();
    assert_eq!((&empty["balance"]["amount"], &empty["statement"]["edges"]), (&json!("0.00"), &json!([])));
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_top_ups_take_amounts_that_are_amounts() {
    let app = TestApp::start().await;
    let who = app.account("buyer").await;
    for bad in ["0", "-1", "9223372036854775807", "0.001", "1e3", "１００", "1000000.01", ""] {
        let answer = app.top_up(&who, bad).await;
        assert_eq!(answer.user_error("topUpBalance"), "INVALID_AMOUNT", "{bad}: {answer:?}");
    }
    assert_eq!(app.held(&who).await, "0.00");
    // A balance that is full says so in place of wrapping.
    app.top_up(&who, "1").await.data();
    app.sql("UPDATE ledger_accounts SET balance_minor = 9223372036854775807 WHERE kind = 'BALANCE'").await;
    assert_eq!(app.top_up(&who, "1").await.user_error("topUpBalance"), "BALANCE_FULL");
    let keyless = "mutation { topUpBalance(input: { amount: { amount: \"1\" } }) { userErrors { code } } }";
    assert_eq!(app.run(Some(&who.token), keyless, json!({})).await.code(), "BAD_USER_INPUT");
    app.stop().await;
}
