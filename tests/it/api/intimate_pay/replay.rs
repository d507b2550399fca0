//! h03: what a key was answered is not hidden behind the payment password.

use serde_json::{Value, json};

use crate::support::intimate::{Home, PAYMENT_PASSWORD};

const WRONG: &str = "246802";

/// The father pays an order under a key.
async fn pay(home: &Home, order: &str, key: &str, password: &str) -> Value {
    home.app.pay_intimately(&home.father, &home.relation, order, key, password).await.data()["payWithIntimatePay"]
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_8_a_paid_key_is_answered_although_the_password_is_locked() {
    let home = Home::open("500").await;
    let (order, other) = (home.order("10.00", "books").await, home.order("10.00", "books").await);
    let paid = pay(&home, &order, "paid", PAYMENT_PASSWORD).await;
    assert_eq!(paid["purchase"]["state"], "PAID", "{paid}");
    // A retry compares nothing: it costs no try, however often and with whatever.
    for _ in 0..7 {
        assert_eq!(pay(&home, &order, "paid", WRONG).await, paid);
    }
    for left in ["4", "3", "2", "1"] {
        let refused = pay(&home, &other, "other", WRONG).await;
        assert_eq!(refused["userErrors"][0]["code"], "PAYMENT_PASSWORD_WRONG", "{refused}");
        assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains(left), "{refused}");
    }
    assert_eq!(pay(&home, &other, "other", WRONG).await["userErrors"][0]["code"], "PAYMENT_PASSWORD_LOCKED");
    assert_eq!(pay(&home, &order, "paid", PAYMENT_PASSWORD).await, paid, "locked, and paid all the same");
    assert_eq!(pay(&home, &other, "other", PAYMENT_PASSWORD).await["userErrors"][0]["code"], "PAYMENT_PASSWORD_LOCKED");
    // The key stands for that order, and is his.
    let conflict = home.app.pay_intimately(&home.father, &home.relation, &other, "paid", PAYMENT_PASSWORD).await;
    assert_eq!(conflict.code(), "IDEMPOTENCY_CONFLICT");
    let hers = home.app.pay_intimately(&home.daughter, &home.relation, &order, "paid", PAYMENT_PASSWORD).await;
    assert_eq!(hers.code(), "NOT_FOUND", "{hers:?}");
    assert_eq!(home.used().await, "10.00");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_12_an_approved_key_is_answered_although_the_password_is_locked() {
    let home = Home::open("100").await;
    let order = home.order("150.00", "books").await;
    let asked = home.app.ask_to_pay(&home.father, &home.relation, &order).await.data()["askToPay"]["request"].clone();
    let approve = async |key: &str, password: &str| {
        let query = "mutation($input: ApprovePayRequestInput!, $key: String!) {
            approvePayRequest(input: $input) @idempotent(key: $key) { purchase { id state } userErrors { code } } }";
        let input = json!({ "requestId": asked["id"], "paymentPassword": password });
        let answer = home.app.ok(&home.daughter, query, json!({ "input": input, "key": key })).await;
        answer["approvePayRequest"].clone()
    };
    let paid = approve("approved", PAYMENT_PASSWORD).await;
    assert_eq!(paid["purchase"]["state"], "PAID", "{paid}");
    for _ in 0..5 {
        approve("another", WRONG).await;
    }
    assert_eq!(approve("another", PAYMENT_PASSWORD).await["userErrors"][0]["code"], "PAYMENT_PASSWORD_LOCKED");
    assert_eq!(approve("approved", PAYMENT_PASSWORD).await, paid);
    assert_eq!(approve("approved", WRONG).await, paid);
    home.close().await;
}
