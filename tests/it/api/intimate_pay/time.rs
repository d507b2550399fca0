//! Property 6, h07: month ends in the payer's zone, leap days, daylight saving, a clock that steps back: one month only.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::intimate::{Home, PAYMENT_PASSWORD};

/// A relation whose months begin somewhere else.
async fn home_in(zone: &str) -> Home {
    let mut home = Home::on(TestApp::start().await, json!({ "monthlyCap": { "amount": "500" } })).await;
    let other = home.app.account("other").await;
    home.app.payment_password(&other).await;
    let link = home.app.family(&home.daughter, &other).await;
    let open = "mutation($input: OpenIntimatePayInput!) { openIntimatePay(input: $input) {
        timeZone confirmationToken userErrors { code } } }";
    let terms = json!({ "monthlyCap": { "amount": "100" } });
    let bad = json!({ "input": { "familyLinkId": link, "terms": terms, "timeZone": "Mars/Olympus" } });
    let refused = home.app.run(Some(&home.daughter.token), open, bad).await;
    assert_eq!(refused.user_error("openIntimatePay"), "UNKNOWN_TIME_ZONE");
    let input = json!({ "input": { "familyLinkId": link, "terms": terms, "timeZone": zone } });
    let asked = home.app.ok(&home.daughter, open, input).await["openIntimatePay"].clone();
    assert_eq!(asked["timeZone"], json!(zone), "{asked}");
    let opened = home.app.confirm_terms(&home.daughter, asked["confirmationToken"].as_str().unwrap()).await.data();
    home.relation = opened["confirmIntimatePay"]["intimatePay"]["id"].as_str().unwrap().to_owned();
    home.father = other;
    home.app.methods(&home.daughter, &home.relation, &[&home.method]).await;
    // Sessions outlive the years that these tests travel.
    home.app.sql("UPDATE sessions SET expires_at = '2100-01-01', stepped_up_at = NULL").await;
    home
}

/// Buys at a moment for a sum; says in which month it counts, or what refuses it.
async fn at(home: &Home, moment: &str, price: &str) -> String {
    home.app.clock.set(moment.parse().unwrap());
    let answer = home.buy(price, "books").await;
    let paid = &answer.0["data"]["payWithIntimatePay"];
    match &paid["purchase"]["month"] {
        Value::String(month) => month.clone(),
        _ => answer.user_error("payWithIntimatePay").to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_9_h07_months_end_where_the_payer_lives() {
    let home = home_in("America/Los_Angeles").await;
    assert_eq!(at(&home, "2027-01-01T07:59:59.999999Z", "100.00").await, "2026-12", "a moment before midnight there");
    assert_eq!(at(&home, "2027-01-01T07:59:59.999999Z", "0.01").await, "LIMIT_PER_MONTH");
    assert_eq!(at(&home, "2027-01-01T08:00:00Z", "100.00").await, "2027-01");
    // h07: the clock steps back an hour: December is as full as it was, and so is January afterwards.
    assert_eq!(at(&home, "2027-01-01T07:00:00Z", "0.01").await, "LIMIT_PER_MONTH");
    assert_eq!(at(&home, "2027-01-01T09:00:00Z", "0.01").await, "LIMIT_PER_MONTH");
    // Forward 40 days.
    assert_eq!(at(&home, "2027-02-10T09:00:00Z", "100.00").await, "2027-02");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_9_h07_leap_days_and_daylight_saving() {
    let home = home_in("Europe/Berlin").await;
    assert_eq!(at(&home, "2028-02-28T23:30:00Z", "60.00").await, "2028-02", "the 29th has begun in Berlin");
    assert_eq!(at(&home, "2028-02-29T22:59:59Z", "40.00").await, "2028-02", "and ends");
    assert_eq!(at(&home, "2028-02-29T22:59:59Z", "0.01").await, "LIMIT_PER_MONTH");
    assert_eq!(at(&home, "2028-02-29T23:00:00Z", "50.00").await, "2028-03");
    // Summer time begins on 26 March: the month ends an hour earlier in UTC.
    assert_eq!(at(&home, "2028-03-31T21:59:59Z", "50.00").await, "2028-03");
    assert_eq!(at(&home, "2028-03-31T22:00:00Z", "100.00").await, "2028-04");
    // It ends on 29 October: that hour comes twice, and both are October.
    assert_eq!(at(&home, "2028-10-29T00:30:00Z", "50.00").await, "2028-10");
    assert_eq!(at(&home, "2028-10-29T01:30:00Z", "50.00").await, "2028-10");
    assert_eq!(at(&home, "2028-10-31T22:59:59Z", "0.01").await, "LIMIT_PER_MONTH");
    assert_eq!(at(&home, "2028-10-31T23:00:00Z", "100.00").await, "2028-11");
    home.close().await;
}

/// 0.13: what comes back comes back to the month that it was spent in, and to no other.
#[tokio::test(flavor = "multi_thread")]
async fn r0_13_h07_a_refund_restores_the_month_it_was_spent_in_and_only_that() {
    let home = Home::open("100").await;
    home.app.sql("UPDATE sessions SET expires_at = '2100-01-01'").await;
    let order = home.order("100.00", "books").await;
    home.pay(&order).await.data();
    home.app.clock.set("2026-12-05T04:00:00Z".parse().unwrap());
    home.buy("70.00", "books").await.data();
    home.app.refund_all(&home.seller, &home.father, &order, "100.00").await;
    assert_eq!(home.used().await, "70.00", "December keeps what it has");
    home.app.clock.set("2026-11-28T04:00:00Z".parse().unwrap());
    assert_eq!(home.used().await, "0.00", "November has it back");
    home.close().await;
}

/// How many payments and gateway jobs still wait.
async fn waiting(home: &Home) -> i64 {
    let sql = "(SELECT count(*) FROM payments WHERE state = 'PENDING')
        + (SELECT count(*) FROM gateway_jobs WHERE state = 'PENDING') AS waiting";
    home.app.count(&format!("SELECT {sql}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_a_clock_that_was_ahead_leaves_no_payment_and_no_refund_waiting() {
    let home = Home::open("500").await;
    let card = home.app.card(&home.daughter, "4242424242424242").await;
    home.app.methods(&home.daughter, &home.relation, &[&card]).await;
    let order = home.order("10.00", "books").await;
    home.pay(&order).await.data();
    home.app.pay_out().await;
    let noon = home.app.now();
    home.app.clock.advance(TimeDelta::days(40));
    home.app.refund_all(&home.seller, &home.father, &order, "5.00").await;
    home.buy("20.00", "books").await.data();
    home.app.clock.set(noon);
    assert_eq!(waiting(&home).await, 2, "a payment and a refund");
    home.app.pay_out().await;
    assert_eq!(waiting(&home).await, 0, "neither waits for forty days");
    let seen = home.seen(&home.daughter, "purchases(first: 1) { edges { node { state } } }").await;
    assert_eq!(seen["purchases"]["edges"][0]["node"]["state"], "PAID");
    // What is due soon is not due yet: as much as a lease or a wait can be.
    home.app.clock.advance(TimeDelta::hours(1));
    home.buy("1.00", "books").await.data();
    home.app.clock.set(noon);
    home.app.pay_out().await;
    assert_eq!(waiting(&home).await, 1);
    home.app.clock.advance(TimeDelta::hours(1));
    home.app.pay_out().await;
    assert_eq!(waiting(&home).await, 0);
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_a_clock_that_was_ahead_locks_no_payment_password_for_longer() {
    let home = Home::open("500").await;
    let order = home.order("10.00", "books").await;
    let pay = |password: &'static str| home.app.pay_intimately(&home.father, &home.relation, &order, "k", password);
    let noon = home.app.now();
    home.app.clock.advance(TimeDelta::days(40));
    for _ in 0..5 {
        pay("246802").await;
    }
    home.app.clock.set(noon);
    let locked = "{ viewer { paymentSecurity { lockedUntil } } }";
    let seen = home.app.ok(&home.father, locked, json!({})).await;
    assert_eq!(seen["viewer"]["paymentSecurity"]["lockedUntil"], "2026-11-21T04:30:00Z", "no longer than one from now");
    assert_eq!(pay(PAYMENT_PASSWORD).await.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_LOCKED");
    home.app.clock.advance(TimeDelta::minutes(29));
    assert_eq!(pay(PAYMENT_PASSWORD).await.user_error("payWithIntimatePay"), "PAYMENT_PASSWORD_LOCKED");
    home.app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(pay(PAYMENT_PASSWORD).await.data()["payWithIntimatePay"]["purchase"]["state"], "PAID");
    home.close().await;
}
