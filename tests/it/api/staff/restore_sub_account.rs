//! `restoreSubAccount`.

use serde_json::json;

use super::crew::Crew;
use crate::support::app::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn r4_4_a_departed_one_comes_back_with_a_new_password_and_without_grants() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    crew.grant(&agent, "refund.approve", json!(null)).await;
    let restore =
        |input| crew.call(&crew.owner, "restoreSubAccount", input, "subAccount { state permissions { code } }");
    let early = restore(json!({ "subAccountId": agent.id, "password": PASSWORD })).await;
    assert_eq!(early.user_error("restoreSubAccount"), "NOT_DEPARTED");
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": agent.id }), "").await.data();
    let without = restore(json!({ "subAccountId": agent.id })).await;
    assert_eq!(without.user_error("restoreSubAccount"), "PASSWORD_MISSING");
    let weak = restore(json!({ "subAccountId": agent.id, "password": "short" })).await;
    assert_eq!(weak.user_error("restoreSubAccount"), "PASSWORD_WEAK");
    let input = json!({ "subAccountId": agent.id, "password": PASSWORD, "positionId": crew.position("OTHER") });
    let back = restore(input).await.data();
    let wanted = json!({ "state": "ACTIVE", "permissions": [{ "code": "item.read" }] });
    assert_eq!(back["restoreSubAccount"]["subAccount"], wanted);
    assert_eq!(crew.lists_refunds(&agent).await, "UNAUTHENTICATED", "the old session stays over");
    crew.app.log_in(&agent.login).await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_restoring_is_giving() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let ops = crew.hire("ops", "OPERATIONS").await;
    crew.grant(&agent, "sub_account.create", json!(null)).await;
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": ops.id }), "").await.data();
    let restore = |input| crew.call(&agent, "restoreSubAccount", input, "subAccount { state }");
    let refused = restore(json!({ "subAccountId": ops.id, "password": PASSWORD })).await;
    assert_eq!(refused.user_error("restoreSubAccount"), "PERMISSION_NOT_HELD");
    let input = json!({ "subAccountId": ops.id, "password": PASSWORD, "positionId": crew.position("SUPERVISOR") });
    assert_eq!(restore(input).await.user_error("restoreSubAccount"), "ABOVE_OWN_RANK");
    let input = json!({ "subAccountId": ops.id, "password": PASSWORD, "positionId": crew.position("OTHER") });
    assert_eq!(restore(input).await.user_error("restoreSubAccount"), "");
    crew.stop().await;
}
