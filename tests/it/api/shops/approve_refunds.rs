//! `approveRefunds`, `reviewRefund`, `setRefundRules`.

use serde_json::{Value, json};

use super::Market;
use crate::support::app::{Answer, Persona};

const RESULTS: &str = "approved results { refundId refund { state } code message }";

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
