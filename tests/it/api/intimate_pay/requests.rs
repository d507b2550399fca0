//! Requirement 0.12: asking to pay.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::intimate::Home;

#[tokio::test(flavor = "multi_thread")]
async fn r0_12_what_the_limit_refuses_is_sent_to_the_payer_who_approves() {
    let home = Home::open("100").await;
    let small = home.order("10.00", "books").await;
    let refused = home.app.ask_to_pay(&home.father, &home.relation, &small).await;
    assert_eq!(refused.user_error("askToPay"), "NO_LIMIT_REFUSES");
    let order = home.order("150.00", "books").await;
    let asked = home.app.ask_to_pay(&home.father, &home.relation, &order).await.data()["askToPay"]["request"].clone();
    assert_eq!((&asked["state"], &asked["refused"]), (&json!("PENDING"), &json!("LIMIT_PER_MONTH")), "{asked}");
    let again = home.app.ask_to_pay(&home.father, &home.relation, &order).await;
    assert_eq!(again.user_error("askToPay"), "ASKED_ALREADY");
    let id = asked["id"].as_str().unwrap();
    assert_eq!(home.app.approve_request(&home.father, id).await.code(), "NOT_FOUND", "he cannot answer it himself");
    let paid = home.app.approve_request(&home.daughter, id).await.data()["approvePayRequest"]["purchase"].clone();
    assert_eq!((&paid["state"], &paid["counted"]), (&json!("PAID"), &json!("REQUEST")), "{paid}");
    assert_eq!(home.used().await, "0.00", "she approved it: it counts against no limit");
    assert_eq!(home.app.approve_request(&home.daughter, id).await.user_error("approvePayRequest"), "REQUEST_APPROVED");
    home.app.deliver().await;
    let told = "{ viewer { notifications { edges { node { topic } } } } }";
    assert!(home.app.ok(&home.daughter, told, json!({})).await.to_string().contains("pay_request.asked"));
    assert!(home.app.ok(&home.father, told, json!({})).await.to_string().contains("pay_request.approved"));
    // A refund of it restores no quota, for none was used.
    home.app.refund_all(&home.seller, &home.father, &order, "150.00").await;
    assert_eq!(home.used().await, "0.00");
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_12_she_declines_or_it_lapses_after_24_hours() {
    let home = Home::open("100").await;
    let order = home.order("150.00", "books").await;
    let asked = home.app.ask_to_pay(&home.father, &home.relation, &order).await.data()["askToPay"]["request"].clone();
    let decline = "mutation($id: ID!) { declinePayRequest(input: { requestId: $id }) {
        request { state } userErrors { code } } }";
    let declined = home.app.ok(&home.daughter, decline, json!({ "id": asked["id"] })).await;
    assert_eq!(declined["declinePayRequest"]["request"]["state"], "DECLINED");
    let id = asked["id"].as_str().unwrap();
    assert_eq!(home.app.approve_request(&home.daughter, id).await.user_error("approvePayRequest"), "REQUEST_DECLINED");
    // Asked anew, and nobody answers.
    let asked = home.app.ask_to_pay(&home.father, &home.relation, &order).await.data()["askToPay"]["request"].clone();
    let id = asked["id"].as_str().unwrap();
    home.app.clock.advance(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    home.app.lapse().await;
    let seen = home.seen(&home.daughter, "requests(first: 1) { edges { node { state } } }").await;
    assert_eq!(seen["requests"]["edges"][0]["node"]["state"], "PENDING");
    home.app.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(home.app.approve_request(&home.daughter, id).await.user_error("approvePayRequest"), "REQUEST_LAPSED");
    home.app.lapse().await;
    home.app.deliver().await;
    let told = home.app.ok(&home.father, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await;
    assert!(told.to_string().contains("pay_request.lapsed"), "{told}");
    assert_eq!(
        home.app.ask_to_pay(&home.father, &home.relation, &order).await.data()["askToPay"]["request"]["state"],
        "PENDING"
    );
    home.close().await;
}
