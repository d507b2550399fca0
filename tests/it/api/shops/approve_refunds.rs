//! `approveRefunds`, `reviewRefund`, `setRefundRules`.

use serde_json::{Value, json};

use super::Market;
use crate::support::app::{Answer, Persona};

const RESULTS: &str = "approved awaitingSecondApproval results { refundId refund { state } code message }";

async fn batch(market: &Market, who: &Persona, refunds: &[String], key: &str) -> Answer {
    let query = format!(
        "mutation($input: ApproveRefundsInput!) {{ approveRefunds(input: $input) @idempotent(key: \"{key}\") {{
           {RESULTS} userErrors {{ code message }} }} }}"
    );
    market.app.run(Some(&who.token), &query, json!({ "input": { "refundIds": refunds } })).await
}

async fn refunds(market: &Market, count: usize, amount: &str) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
        all.push(market.app.refund(&market.buyer, &order, amount).await);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_a_batch_says_of_each_refund_what_became_of_it() {
    let market = Market::open("500.00").await;
    let clerk = market.app.clerk(&market.shop, "xiaoli", &["refund.read"]).await;
    market.app.grant(&market.shop, &clerk, "refund.approve", 20_000).await;
    let mut all = refunds(&market, 3, "100.00").await;
    all.extend(refunds(&market, 1, "300.00").await);
    market.app.approve(&market.seller, &all[0], "before").await.data();
    all.push(kith::kernel::ids::RefundId::generate().to_string());
    let done = batch(&market, &clerk, &all, "b1").await.data()["approveRefunds"].clone();
    let codes: Vec<&Value> = done["results"].as_array().unwrap().iter().map(|result| &result["code"]).collect();
    let wanted = [json!("ALREADY_DECIDED"), json!(null), json!(null), json!("LIMIT_PER_ACTION"), json!("NOT_FOUND")];
    assert_eq!(codes, wanted.iter().collect::<Vec<_>>(), "{done}");
    assert_eq!(done["approved"], 2);
    assert_eq!(done["results"][1]["refund"]["state"], "APPROVED");
    let again = batch(&market, &clerk, &all, "b1").await.data()["approveRefunds"].clone();
    assert_eq!(again["approved"], 2, "a retry gives the same answers and pays nothing twice: {again}");
    let other = batch(&market, &clerk, &all, "b2").await.data()["approveRefunds"].clone();
    assert_eq!(other["approved"], 0, "{other}");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_a_batch_has_twenty_refunds_and_6000_at_most() {
    let market = Market::open("2500.00").await;
    let large = refunds(&market, 3, "2000.01").await;
    let answer = batch(&market, &market.seller, &large, "k").await;
    assert_eq!(answer.user_error("approveRefunds"), "BATCH_TOTAL");
    assert_eq!(batch(&market, &market.seller, &large[..2], "k").await.data()["approveRefunds"]["approved"], 2);
    let many: Vec<String> = (0..21).map(|_| kith::kernel::ids::RefundId::generate().to_string()).collect();
    assert_eq!(batch(&market, &market.seller, &many, "k").await.user_error("approveRefunds"), "BATCH_SIZE");
    assert_eq!(batch(&market, &market.seller, &[], "k").await.user_error("approveRefunds"), "BATCH_SIZE");
    let twice = [large[2].clone(), large[2].clone()];
    let done = batch(&market, &market.seller, &twice, "k2").await.data();
    assert_eq!(done["approveRefunds"]["results"].as_array().unwrap().len(), 1, "named twice, done once: {done}");
    let query = "mutation($input: ApproveRefundsInput!) { approveRefunds(input: $input) { approved } }";
    let unkeyed = json!({ "input": { "refundIds": large[..1] } });
    assert_eq!(market.app.run(Some(&market.seller.token), query, unkeyed).await.code(), "BAD_USER_INPUT", "h05");
    assert_eq!(batch(&market, &market.buyer, &large[..1], "k").await.code(), "FORBIDDEN");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_where_the_shop_demands_it_somebody_looks_before_somebody_approves() {
    let market = Market::open("500.00").await;
    let reviewer = market.app.clerk(&market.shop, "reviewer", &["refund.read", "refund.review"]).await;
    let all = refunds(&market, 2, "100.00").await;
    let rules = |first: bool| json!({ "shopId": market.shop, "reviewFirst": first });
    assert_eq!(market.call(&reviewer, "setRefundRules", rules(true), "reviewFirst").await.code(), "FORBIDDEN");
    market.call(&market.seller, "setRefundRules", rules(true), "reviewFirst").await.data();
    let refused = market.app.approve(&market.seller, &all[0], "a").await;
    assert_eq!(refused.user_error("approveRefund"), "REVIEW_FIRST", "the main account as well");
    let review = |refund: &str| json!({ "refundId": refund });
    let clerk = market.app.clerk(&market.shop, "clerk", &["refund.read"]).await;
    let select = "refund { state reviewedAt }";
    assert_eq!(market.call(&clerk, "reviewRefund", review(&all[0]), select).await.code(), "FORBIDDEN");
    let seen = market.call(&reviewer, "reviewRefund", review(&all[0]), select).await.data();
    assert!(seen["reviewRefund"]["refund"]["reviewedAt"].is_string(), "{seen}");
    let twice = market.call(&reviewer, "reviewRefund", review(&all[0]), select).await;
    assert_eq!(twice.user_error("reviewRefund"), "ALREADY_REVIEWED");
    let done = market.app.approve(&market.seller, &all[0], "b").await.data();
    assert_eq!(done["approveRefund"]["refund"]["state"], "APPROVED");
    let late = market.call(&reviewer, "reviewRefund", review(&all[0]), select).await;
    assert_eq!(late.user_error("reviewRefund"), "ALREADY_DECIDED");
    market.call(&market.seller, "setRefundRules", rules(false), "reviewFirst").await.data();
    market.app.approve(&market.seller, &all[1], "c").await.data();
    market.close().await;
}

/// A clerk who may approve refunds within limits.
async fn approver(market: &Market, name: &str, limits: Value) -> Persona {
    let clerk = market.app.clerk(&market.shop, name, &["refund.read", "refund.review"]).await;
    let input = json!({ "subAccountId": clerk.id, "permission": "refund.approve", "constraints": limits });
    let granted = market.call(&market.seller, "grantPermission", input, "grant { id }").await.data();
    assert!(granted["grantPermission"]["grant"]["id"].is_string(), "{granted}");
    clerk
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_a_batch_counts_what_waits_for_a_second_approver_by_itself() {
    let market = Market::open("500.00").await;
    let limits = json!({ "secondApproverAbove": { "amount": "100" } });
    let (first, second) = (approver(&market, "first", limits.clone()).await, approver(&market, "second", limits).await);
    let mut all = refunds(&market, 2, "200.00").await;
    all.extend(refunds(&market, 1, "50.00").await);
    let done = batch(&market, &first, &all, "a").await.data()["approveRefunds"].clone();
    assert_eq!((&done["approved"], &done["awaitingSecondApproval"]), (&json!(1), &json!(2)), "{done}");
    let states: Vec<&Value> = done["results"].as_array().unwrap().iter().map(|one| &one["refund"]["state"]).collect();
    let waits = json!("AWAITING_SECOND_APPROVAL");
    assert_eq!(states, [&waits, &waits, &json!("APPROVED")]);
    let again = batch(&market, &first, &all[..2], "b").await.data()["approveRefunds"].clone();
    assert_eq!((&again["approved"], &again["awaitingSecondApproval"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(again["results"][0]["code"], "SECOND_APPROVER_MUST_DIFFER");
    let done = batch(&market, &second, &all[..2], "c").await.data()["approveRefunds"].clone();
    assert_eq!((&done["approved"], &done["awaitingSecondApproval"]), (&json!(2), &json!(0)), "{done}");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_a_batch_says_which_of_it_a_step_up_would_let_pass() {
    let market = Market::open("500.00").await;
    let clerk = approver(&market, "xiaoli", json!({ "stepUpAbove": { "amount": "100" } })).await;
    let mut all = refunds(&market, 1, "200.00").await;
    all.extend(refunds(&market, 1, "50.00").await);
    let done = batch(&market, &clerk, &all, "a").await.data()["approveRefunds"].clone();
    assert_eq!((&done["approved"], &done["results"][0]["code"]), (&json!(1), &json!("STEP_UP_REQUIRED")), "{done}");
    assert_eq!(done["results"][1]["refund"]["state"], "APPROVED");
    // As its own step-up writes it; the password that a sub-account has by hand is none.
    let id = kith::kernel::ids::TypedId::uuid(clerk.id.parse::<kith::kernel::ids::SubAccountId>().unwrap());
    let now = market.app.now().to_rfc3339();
    let strong = format!(
        "UPDATE sessions SET stepped_up_at = '{now}', step_up_factor = 'PASSWORD' WHERE sub_account_id = '{id}'"
    );
    market.app.sql(&strong).await;
    let done = batch(&market, &clerk, &all, "b").await.data()["approveRefunds"].clone();
    assert_eq!((&done["approved"], &done["results"][0]["refund"]["state"]), (&json!(1), &json!("APPROVED")), "{done}");
    assert_eq!(done["results"][1]["code"], "ALREADY_DECIDED");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_a_batch_is_of_one_currency_and_its_figure() {
    let market = Market::open("500.00").await;
    let app = &market.app;
    let in_shop = async |currency: &str, price: &str, amount: &str| {
        let shop = app.shop_in(&market.seller, currency).await;
        let item = app.item(&market.seller, &shop, price).await;
        let order = app.order(&market.buyer, &shop, &item, 1).await;
        app.refund(&market.buyer, &order, amount).await
    };
    let yuan = refunds(&market, 1, "100.00").await.remove(0);
    let dollars = in_shop("USD", "900.00", "800.01").await;
    let francs = in_shop("CHF", "10.00", "1.00").await;
    let yen = in_shop("JPY", "120000", "120000").await;
    let refused = async |refunds: &[&String], key: &str| {
        let refunds: Vec<String> = refunds.iter().map(|refund| (*refund).clone()).collect();
        batch(&market, &market.seller, &refunds, key).await
    };
    assert_eq!(refused(&[&yuan, &dollars], "a").await.user_error("approveRefunds"), "BATCH_CURRENCY");
    // 80,001 cents are fewer than 600,000 fen, and more than what a batch of dollars may be.
    let answer = refused(&[&dollars], "b").await;
    assert_eq!(answer.user_error("approveRefunds"), "BATCH_TOTAL");
    let message = answer.0["data"]["approveRefunds"]["userErrors"][0]["message"].to_string();
    assert!(message.contains("800.00"), "{message}");
    assert_eq!(refused(&[&francs], "c").await.user_error("approveRefunds"), "BATCH_CURRENCY", "no figure for francs");
    assert_eq!(refused(&[&yen], "d").await.data()["approveRefunds"]["approved"], 1);
    assert_eq!(refused(&[&yuan], "e").await.data()["approveRefunds"]["approved"], 1);
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_who_reviewed_a_refund_does_not_approve_it_except_the_main_account() {
    let market = Market::open("500.00").await;
    let (one, two) = (approver(&market, "one", json!({})).await, approver(&market, "two", json!({})).await);
    let all = refunds(&market, 3, "100.00").await;
    let rules = |first: bool| json!({ "shopId": market.shop, "reviewFirst": first });
    market.call(&market.seller, "setRefundRules", rules(true), "reviewFirst").await.data();
    let review = async |who: &Persona, refund: &str| {
        market.call(who, "reviewRefund", json!({ "refundId": refund }), "refund { reviewedAt }").await.data()
    };
    review(&one, &all[0]).await;
    assert_eq!(market.app.approve(&one, &all[0], "a").await.user_error("approveRefund"), "REVIEWER_MUST_DIFFER");
    let done = batch(&market, &one, &all[..1], "b").await.data()["approveRefunds"].clone();
    assert_eq!(done["results"][0]["code"], "REVIEWER_MUST_DIFFER", "nor in a batch: {done}");
    let done = market.app.approve(&two, &all[0], "c").await.data();
    assert_eq!(done["approveRefund"]["refund"]["state"], "APPROVED");
    // The main account may be alone in its shop: it looks, and then approves.
    assert_eq!(market.app.approve(&market.seller, &all[1], "d").await.user_error("approveRefund"), "REVIEW_FIRST");
    review(&market.seller, &all[1]).await;
    market.app.approve(&market.seller, &all[1], "e").await.data();
    // Where the shop does not ask for it any more, a look is no reason against approving.
    review(&one, &all[2]).await;
    market.call(&market.seller, "setRefundRules", rules(false), "reviewFirst").await.data();
    market.app.approve(&one, &all[2], "f").await.data();
    market.close().await;
}
