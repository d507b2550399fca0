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

/// What waits for a relation that ends, by itself or with its family link, waits for nothing any more; nor does what waits for
/// an order that is paid.
#[tokio::test(flavor = "multi_thread")]
async fn r0_12_what_was_asked_lapses_with_the_relation_and_with_the_order() {
    for by_link in [false, true] {
        let home = Home::open("100").await;
        let (app, father) = (&home.app, &home.father);
        let order = home.order("150.00", "books").await;
        app.ask_to_pay(father, &home.relation, &order).await.data();
        let report = "mutation($input: ReportIntimatePaymentInput!) {
            reportIntimatePayment(input: $input) { caseId userErrors { code } } }";
        let input = json!({ "input": { "intimatePayId": home.relation, "reason": "odd" } });
        app.ok(&home.daughter, report, input.clone()).await;
        if by_link {
            let end = "mutation($id: ID!) { endFamilyLink(input: { familyLinkId: $id }) { userErrors { code } } }";
            app.ok(father, end, json!({ "id": home.link })).await;
        } else {
            home.call(&home.daughter, "endIntimatePay", "IntimatePayInput", json!({})).await.data();
        }
        let select = "state requests { edges { node { id state } } } cases { isClosed closedAt }";
        let seen = home.seen(&home.daughter, select).await;
        assert_eq!((&seen["state"], &seen["cases"][0]["isClosed"]), (&json!("ENDED"), &json!(true)), "{seen}");
        assert_eq!(seen["requests"]["edges"][0]["node"]["state"], "LAPSED");
        let id = seen["requests"]["edges"][0]["node"]["id"].as_str().unwrap();
        let late = app.approve_request(&home.daughter, id).await;
        assert_eq!(late.user_error("approvePayRequest"), "REQUEST_LAPSED");
        // A report of what has ended is on record, and waits for nobody.
        app.ok(father, report, input).await;
        let cases = home.seen(father, "cases { isClosed }").await;
        assert_eq!(cases["cases"], json!([{ "isClosed": true }, { "isClosed": true }]));

        // Somebody else is asked for the same order, at once; and then it is paid by other means.
        let aunt = app.account("aunt").await;
        app.payment_password(&aunt).await;
        let method = app.balance(&aunt, "1000").await;
        let link = app.family(&aunt, father).await;
        let relation = app.relation(&aunt, &link, json!({ "monthlyCap": { "amount": "100" } })).await;
        app.methods(&aunt, &relation, &[&method]).await;
        let asked = app.ask_to_pay(father, &relation, &order).await.data()["askToPay"]["request"].clone();
        assert_eq!(asked["state"], "PENDING", "{asked}");
        let own = app.balance(father, "150.00").await;
        let paid = app.pay(father, &order, &[&own]).await.data();
        assert_eq!(paid["payOrder"]["payment"]["state"], "CAPTURED", "{paid}");
        let late = app.approve_request(&aunt, asked["id"].as_str().unwrap()).await;
        assert_eq!(late.user_error("approvePayRequest"), "REQUEST_LAPSED");
        app.deliver().await;
        let told = app.ok(&aunt, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await;
        assert!(told.to_string().contains("pay_request.lapsed"), "{told}");
        home.close().await;
    }
}

/// Both sides are told of what lapses with the relation as of what nobody answers in time: once.
#[tokio::test(flavor = "multi_thread")]
async fn r0_12_both_sides_are_told_once_that_what_was_asked_lapsed_with_the_relation() {
    for by_link in [false, true] {
        let home = Home::open("100").await;
        for _ in 0..2 {
            let order = home.order("150.00", "books").await;
            home.app.ask_to_pay(&home.father, &home.relation, &order).await.data();
        }
        // A request that was answered before does not lapse.
        let answered = home.order("160.00", "books").await;
        let asked = home.app.ask_to_pay(&home.father, &home.relation, &answered).await.data()["askToPay"].clone();
        let decline = "mutation($id: ID!) { declinePayRequest(input: { requestId: $id }) { request { state } } }";
        home.app.ok(&home.daughter, decline, json!({ "id": asked["request"]["id"] })).await;
        if by_link {
            let end = "mutation($id: ID!) { endFamilyLink(input: { familyLinkId: $id }) { userErrors { code } } }";
            home.app.ok(&home.father, end, json!({ "id": home.link })).await;
        } else {
            home.call(&home.daughter, "endIntimatePay", "IntimatePayInput", json!({})).await.data();
        }
        // The day that they could have been answered in passes as well.
        for _ in 0..2 {
            home.app.deliver().await;
            for who in [&home.father, &home.daughter] {
                let seen = "{ viewer { notifications(first: 100) { edges { node { topic } } } } }";
                let seen = home.app.ok(who, seen, json!({})).await.to_string();
                assert_eq!(seen.matches("pay_request.lapsed").count(), 2, "by link: {by_link}: {seen}");
            }
            home.app.clock.advance(TimeDelta::hours(25));
            home.app.lapse().await;
        }
        home.close().await;
    }
}
