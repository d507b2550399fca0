//! Requirement 0.9: limits, and its four use cases.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::Answer;
use crate::support::intimate::Home;

fn code(answer: &Answer) -> &str {
    answer.user_error("payWithIntimatePay")
}

fn paid(answer: &Answer) -> bool {
    answer.0["data"]["payWithIntimatePay"]["purchase"]["state"] == "PAID"
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_9_the_monthly_cap_says_what_is_left_and_when_it_resets() {
    let home = Home::open("100.00").await;
    assert!(paid(&home.buy("63.00", "books").await));
    let refused = home.buy("37.01", "books").await;
    assert_eq!(code(&refused), "LIMIT_PER_MONTH");
    let limit = &refused.0["data"]["payWithIntimatePay"]["limit"];
    let wanted = json!({ "limit": "100.00", "remaining": "37.00", "resetsAt": "2026-12-01T00:00:00+08:00", "canBeAsked": true,
        "stepUpFactors": [] });
    assert_eq!(limit, &wanted);
    assert!(paid(&home.buy("37.00", "books").await), "exactly what is left");
    assert_eq!(code(&home.buy("0.01", "books").await), "LIMIT_PER_MONTH");
    assert_eq!(home.used().await, "100.00");
    home.close().await;
}

/// Parents: a cap, at most so much at a time, at no time at night.
#[tokio::test(flavor = "multi_thread")]
async fn r0_9_use_case_parents() {
    let home = Home::with(json!({
        "monthlyCap": { "amount": "2000" }, "perPayment": { "amount": "500" },
        "hours": { "from": "07:00", "until": "22:00" },
    }))
    .await;
    assert!(paid(&home.buy("500.00", "groceries").await), "noon in Shanghai");
    assert_eq!(code(&home.buy("500.01", "groceries").await), "LIMIT_PER_ACTION");
    home.app.clock.advance(TimeDelta::hours(10));
    assert_eq!(code(&home.buy("1.00", "groceries").await), "OUTSIDE_HOURS", "22:00");
    home.app.clock.advance(TimeDelta::hours(9));
    assert!(paid(&home.buy("1.00", "groceries").await), "07:00");
    home.close().await;
}

/// Children: study goods and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn r0_9_use_case_study_goods() {
    let home = Home::with(json!({
        "monthlyCap": { "amount": "300" }, "allowedCategories": ["books", "stationery"],
    }))
    .await;
    assert!(paid(&home.buy("30.00", "books").await) && paid(&home.buy("5.00", "stationery").await));
    let refused = home.buy("60.00", "games").await;
    assert_eq!(code(&refused), "CATEGORY_NOT_ALLOWED");
    assert_eq!(refused.0["data"]["payWithIntimatePay"]["limit"]["canBeAsked"], true);
    assert_eq!(home.used().await, "35.00");
    home.close().await;
}

/// The shared household: everything but what is blocked, and both may pay for each other.
#[tokio::test(flavor = "multi_thread")]
async fn r0_9_use_case_shared_household() {
    let home = Home::with(json!({
        "monthlyCap": { "amount": "8000" }, "blockedCategories": ["games", "jewellery"],
    }))
    .await;
    assert!(paid(&home.buy("800.00", "groceries").await));
    assert_eq!(code(&home.buy("80.00", "games").await), "CATEGORY_NOT_ALLOWED");
    let back = home.app.relation(&home.father, &home.link, json!({ "monthlyCap": { "amount": "8000" } })).await;
    let his = home.app.balance(&home.father, "100.00").await;
    home.app.methods(&home.father, &back, &[&his]).await;
    let item = home.app.item(&home.seller, &home.shop, "60.00").await;
    let hers = home.app.unpaid_order(&home.daughter, &home.shop, &item, 1).await;
    let answer = home.app.pay_intimately(&home.daughter, &back, &hers, "k", "135790").await;
    assert!(paid(&answer), "h09: a cycle is fine: {answer:?}");
    home.close().await;
}

/// The emergency: medicine is exempt from the cap, up to an amount of its own.
#[tokio::test(flavor = "multi_thread")]
async fn r0_9_use_case_emergency() {
    let home = Home::with(json!({
        "monthlyCap": { "amount": "100" }, "allowedCategories": ["groceries"],
        "emergency": { "category": "medicine", "cap": { "amount": "1000" } },
    }))
    .await;
    assert!(paid(&home.buy("100.00", "groceries").await), "the cap is used up");
    assert_eq!(code(&home.buy("1.00", "groceries").await), "LIMIT_PER_MONTH");
    let bought = home.buy("900.00", "medicine").await;
    assert_eq!(bought.0["data"]["payWithIntimatePay"]["purchase"]["counted"], "EMERGENCY", "{bought:?}");
    let seen = home.seen(&home.father, "left { amount } emergencyLeft { amount }").await;
    assert_eq!(seen, json!({ "left": { "amount": "0.00" }, "emergencyLeft": { "amount": "100.00" } }));
    assert_eq!(code(&home.buy("100.01", "medicine").await), "LIMIT_PER_MONTH", "past its own amount, the cap counts");
    // A refund gives the emergency amount back, not the cap's.
    let order = bought.0["data"]["payWithIntimatePay"]["purchase"].clone();
    let order_of = "query($id: ID!) { node(id: $id) { ... on IntimatePay {
        purchases { edges { node { id orderId } } } } } }";
    let purchases = home.app.ok(&home.father, order_of, json!({ "id": home.relation })).await;
    let edges = purchases["node"]["purchases"]["edges"].as_array().unwrap().clone();
    let order = edges.iter().find(|edge| edge["node"]["id"] == order["id"]).unwrap()["node"]["orderId"].clone();
    home.app.refund_all(&home.seller, &home.father, order.as_str().unwrap(), "400.00").await;
    let seen = home.seen(&home.father, "left { amount } emergencyLeft { amount }").await;
    assert_eq!(seen, json!({ "left": { "amount": "0.00" }, "emergencyLeft": { "amount": "500.00" } }));
    home.app.clock.set("2026-11-30T16:00:00Z".parse().unwrap());
    let seen = home.seen(&home.father, "left { amount } emergencyLeft { amount }").await;
    assert_eq!(
        seen,
        json!({ "left": { "amount": "100.00" }, "emergencyLeft": { "amount": "1000.00" } }),
        "a new month"
    );
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_9_h08_terms_that_are_none_are_refused() {
    let home = Home::open("500").await;
    let other = home.app.account("other").await;
    let link = home.app.family(&home.daughter, &other).await;
    let with = |more: Value| {
        let mut terms = json!({ "monthlyCap": { "amount": "500" } });
        for (key, value) in more.as_object().unwrap() {
            terms[key] = value.clone();
        }
        terms
    };
    for (more, code) in [
        (json!({ "perPayment": { "amount": "0" } }), "INVALID_AMOUNT"),
        (json!({ "perPayment": { "amount": "-1" } }), "INVALID_AMOUNT"),
        (json!({ "perPayment": { "amount": "1", "currency": "USD" } }), "INVALID_AMOUNT"),
        (json!({ "stepUpAbove": { "amount": "1e3" } }), "INVALID_AMOUNT"),
        (json!({ "monthlyCap": { "amount": "99999999999999999999" } }), "INVALID_AMOUNT"),
        (json!({ "monthlyCap": { "amount": "５００" } }), "INVALID_AMOUNT"),
        (json!({ "monthlyCap": { "amount": "500.001" } }), "INVALID_AMOUNT"),
        (json!({ "hours": { "from": "7:00", "until": "22:00" } }), "HOURS_INVALID"),
        (json!({ "hours": { "from": "07:00", "until": "07:00" } }), "HOURS_INVALID"),
        (json!({ "allowedCategories": ["Books"] }), "CATEGORY_INVALID"),
        (json!({ "blockedCategories": vec!["a"; 51] }), "CATEGORY_INVALID"),
        (json!({ "emergency": { "category": "", "cap": { "amount": "1" } } }), "CATEGORY_INVALID"),
        (json!({ "emergency": { "category": "medicine", "cap": { "amount": "20000.01" } } }), "CAP_OUT_OF_RANGE"),
    ] {
        let answer = home.app.ask_terms(&home.daughter, &link, with(more.clone())).await;
        assert_eq!(answer.user_error("openIntimatePay"), code, "{more}");
    }
    home.close().await;
}
