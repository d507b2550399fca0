//! `departSubAccount`.

use serde_json::json;

use super::crew::Crew;
use crate::support::app::PASSWORD;

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn h16_access_ends_with_the_mutation() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    crew.grant(&agent, "refund.approve", json!(null)).await;
    assert_eq!(crew.lists_refunds(&agent).await, "");
    let select = "subAccount { state departedAt permissions { code } grants { id } }";
    let input = json!({ "subAccountId": agent.id });
    let gone = crew.call(&crew.owner, "departSubAccount", input.clone(), select).await.data();
    let gone = &gone["departSubAccount"]["subAccount"];
    assert_eq!((&gone["state"], &gone["permissions"], &gone["grants"]), (&json!("DEPARTED"), &json!([]), &json!([])));
    assert_ne!(gone["departedAt"], json!(null));
    assert_eq!(crew.lists_refunds(&agent).await, "UNAUTHENTICATED", "the session is over");
    let log_in = json!({ "input": { "login": agent.login, "password": PASSWORD } });
    assert_eq!(crew.app.run(None, LOG_IN, log_in).await.user_error("logIn"), "WRONG_CREDENTIALS");
    let again = crew.call(&crew.owner, "departSubAccount", input, select).await;
    assert_eq!(again.user_error("departSubAccount"), "SUB_ACCOUNT_DEPARTED");
    // Nothing is granted to who is gone.
    assert_eq!(
        crew.grant_as(&crew.owner, &agent, "item.create", json!(null)).await.user_error("grantPermission"),
        "SUB_ACCOUNT_DEPARTED"
    );
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_ends_themselves_or_somebody_above() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    let peer = crew.hire("peer", "FINANCE").await;
    crew.grant(&agent, "sub_account.depart", json!(null)).await;
    for (whom, code) in [(&agent, "ONESELF"), (&boss, "ABOVE_OWN_RANK"), (&peer, "")] {
        let answer = crew.call(&agent, "departSubAccount", json!({ "subAccountId": whom.id }), "").await;
        assert_eq!(answer.user_error("departSubAccount"), code, "{answer:?}");
    }
    crew.stop().await;
}
