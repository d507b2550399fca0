//! Requirement 5.7: a denial says in words for machines what is missing, what is left, when it resets, who can help.

use serde_json::{Value, json};

use super::Market;
use crate::support::app::{Answer, Persona};

const GRANT: &str = "mutation($input: GrantPermissionInput!) {
    grantPermission(input: $input) { grant { id } userErrors { code message } } }";

impl Market {
    /// A clerk who may approve refunds within limits.
    async fn approver(&self, limits: Value) -> Persona {
        let clerk = self.app.clerk(&self.shop, &self.app.unique("clerk"), &["refund.read"]).await;
        let input = json!({ "subAccountId": clerk.id, "permission": "refund.approve", "constraints": limits });
        let answer = self.app.ok(&self.seller, GRANT, json!({ "input": input })).await;
        assert!(answer["grantPermission"]["grant"]["id"].is_string(), "{answer}");
        clerk
    }

    async fn approve(&self, who: &Persona, amount: &str) -> Answer {
        let order = self.app.order(&self.buyer, &self.shop, &self.item, 1).await;
        let refund = self.app.refund(&self.buyer, &order, amount).await;
        self.app.approve(who, &refund, &refund).await
    }
}

/// The first denial, which must be one.
fn denied(answer: &Answer) -> &Value {
    assert!(["FORBIDDEN", "STEP_UP_REQUIRED"].contains(&answer.code()), "{answer:?}");
    answer.extensions()
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_7_a_missing_permission_names_itself_and_who_grants_or_approves() {
    let market = Market::open("600.00").await;
    let clerk = market.app.clerk(&market.shop, "xiaoli", &["refund.read"]).await;
    let answer = market.approve(&clerk, "150.00").await;
    let said = denied(&answer);
    assert_eq!((&said["reason"], &said["permission"]), (&json!("PERMISSION_MISSING"), &json!("refund.approve")));
    for who in ["canGrant", "canApprove"] {
        let names = said[who].as_array().unwrap_or_else(|| panic!("{who}: {said}"));
        assert!(names.iter().any(|name| name.to_string().contains(&market.seller.login)), "{who}: {said}");
    }
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_7_a_limit_says_what_is_left_and_when_it_resets() {
    let market = Market::open("600.00").await;
    let limits = json!({ "perAction": { "amount": "200" }, "perDay": { "amount": "500" }, "countPerDay": 4 });
    let clerk = market.approver(limits).await;
    let answer = market.approve(&clerk, "250.00").await;
    let said = denied(&answer);
    assert_eq!((&said["reason"], &said["limit"]), (&json!("LIMIT_PER_ACTION"), &json!("200.00")));
    for _ in 0..3 {
        market.approve(&clerk, "150.00").await.data();
    }
    let answer = market.approve(&clerk, "150.00").await;
    let said = denied(&answer);
    assert_eq!(
        (&said["reason"], &said["limit"], &said["remaining"]),
        (&json!("LIMIT_PER_DAY"), &json!("500.00"), &json!("50.00"))
    );
    assert_eq!(said["resetsAt"], "2026-11-22T00:00:00+08:00", "midnight in the shop's zone: {said}");
    market.approve(&clerk, "50.00").await.data();
    let answer = market.approve(&clerk, "0.01").await;
    let said = denied(&answer);
    assert!(["LIMIT_PER_DAY", "LIMIT_COUNT_PER_DAY"].contains(&said["reason"].as_str().unwrap()), "{said}");
    assert!(said["canApprove"].to_string().contains(&market.seller.login), "who can do it instead: {said}");
    market.close().await;
}

/// A limit that was lowered below what was used leaves nothing, not less than nothing.
#[tokio::test(flavor = "multi_thread")]
async fn r5_7_a_lowered_limit_leaves_nothing() {
    let market = Market::open("600.00").await;
    let clerk = market.approver(json!({ "perDay": { "amount": "500" } })).await;
    market.approve(&clerk, "300.00").await.data();
    let lower = json!({ "subAccountId": clerk.id, "permission": "refund.approve", "constraints": { "perDay": { "amount": "100" } } });
    market.app.ok(&market.seller, GRANT, json!({ "input": lower })).await;
    let answer = market.approve(&clerk, "1.00").await;
    assert_eq!(denied(&answer)["remaining"], "0.00", "{answer:?}");
    market.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_7_what_a_step_up_or_another_hour_would_help_is_said() {
    let market = Market::open("600.00").await;
    let clerk = market.approver(json!({ "stepUpAbove": { "amount": "100" } })).await;
    let answer = market.approve(&clerk, "100.01").await;
    let said = denied(&answer);
    assert_eq!((&said["reason"], &said["limit"]), (&json!("STEP_UP_REQUIRED"), &json!("100.00")));
    assert!(said["stepUp"].is_string(), "{said}");
    market.approve(&clerk, "100.00").await.data();
    let early = market.approver(json!({ "hours": { "from": "08:00", "until": "11:00" } })).await;
    let answer = market.approve(&early, "1.00").await;
    assert_eq!(denied(&answer)["reason"], "OUTSIDE_HOURS", "noon in Shanghai: {answer:?}");
    market.close().await;
}

/// h22: a mutation that is denied undoes none before it and stops none behind it.
#[tokio::test(flavor = "multi_thread")]
async fn h22_a_denied_mutation_leaves_its_neighbours_alone() {
    let market = Market::open("600.00").await;
    let clerk = market.app.clerk(&market.shop, "xiaoli", &["refund.reject"]).await;
    market.app.certify_clerk(&clerk).await;
    let mut refunds = Vec::new();
    for _ in 0..3 {
        let order = market.app.order(&market.buyer, &market.shop, &market.item, 1).await;
        refunds.push(market.app.refund(&market.buyer, &order, "1.00").await);
    }
    let query = format!(
        "mutation {{
           a: rejectRefund(input: {{ refundId: \"{}\", reason: \"x\" }}) {{ refund {{ state }} }}
           b: approveRefund(input: {{ refundId: \"{}\" }}) @idempotent(key: \"b\") {{ refund {{ state }} }}
           c: rejectRefund(input: {{ refundId: \"{}\", reason: \"x\" }}) {{ refund {{ state }} }} }}",
        refunds[0], refunds[1], refunds[2]
    );
    let answer = market.app.run(Some(&clerk.token), &query, json!({})).await;
    assert_eq!((answer.code(), &answer.0["errors"][0]["path"]), ("FORBIDDEN", &json!(["b"])), "{answer:?}");
    let states = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Refund { state } } }";
    let seen = market.app.ok(&market.buyer, states, json!({ "ids": refunds })).await;
    let states: Vec<&str> = seen["nodes"].as_array().unwrap().iter().map(|n| n["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["REJECTED", "REQUESTED", "REJECTED"]);
    market.close().await;
}
