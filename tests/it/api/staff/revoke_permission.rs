//! `revokePermission`.

use serde_json::json;

use super::crew::{Crew, codes};

#[tokio::test(flavor = "multi_thread")]
async fn r5_5_h17_what_is_taken_is_gone_with_the_next_request() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "OTHER").await;
    let grant = crew.grant(&agent, "refund.read", json!(null)).await;
    for _ in 0..3 {
        assert_eq!(crew.lists_refunds(&agent).await, "", "the session's set is compiled and shared by now");
    }
    let input = json!({ "grantId": grant });
    let revoked =
        crew.call(&crew.owner, "revokePermission", input.clone(), "denial { id } subAccount { grants { id } }").await;
    let revoked = revoked.data();
    assert_eq!(revoked["revokePermission"]["denial"], json!(null));
    assert_eq!(revoked["revokePermission"]["subAccount"]["grants"], json!([]));
    // What is written now, the revoked one never sees.
    let buyer = crew.app.account("buyer").await;
    let item = crew.app.item(&crew.owner, &crew.shop, "10.00").await;
    let order = crew.app.order(&buyer, &crew.shop, &item, 1).await;
    let secret = crew.app.refund(&buyer, &order, "1.00").await;
    assert_eq!(crew.lists_refunds(&agent).await, "FORBIDDEN");
    let node = crew.app.ok(&agent, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": secret })).await;
    assert_eq!(node["node"], json!(null));
    // The grant is gone; revoking it again finds nothing.
    let again = crew.call(&crew.owner, "revokePermission", input, "denial { id }").await;
    assert_eq!(again.code(), "NOT_FOUND");
    let none = crew.revoke_as(&crew.owner, &agent, "refund.read").await;
    assert_eq!(none.user_error("revokePermission"), "NOT_GRANTED");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_15_what_the_position_gives_is_taken_by_a_denial_which_can_be_lifted() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let taken = crew.revoke_as(&crew.owner, &agent, "refund.reject").await.data();
    let denial = taken["revokePermission"]["denial"]["id"].clone();
    assert_ne!(denial, json!(null));
    assert!(!codes(&taken["revokePermission"]["subAccount"]["permissions"]).contains(&"refund.reject".to_owned()));
    assert_eq!(crew.held(&agent).await, ["item.read", "order.read", "refund.read", "refund.review", "desk.serve"]);
    let again = crew.revoke_as(&crew.owner, &agent, "refund.reject").await;
    assert_eq!(again.user_error("revokePermission"), "NOT_GRANTED");
    let input = json!({ "grantId": denial });
    let lifted =
        crew.call(&crew.owner, "revokePermission", input, "subAccount { permissions { code source } }").await.data();
    let last = &lifted["revokePermission"]["subAccount"]["permissions"][3];
    assert_eq!(last, &json!({ "code": "refund.reject", "source": "POSITION" }));
    // A narrowed permission of the position is lost as well, not widened.
    crew.grant(&agent, "refund.reject", json!({ "countPerDay": 1 })).await;
    crew.revoke_as(&crew.owner, &agent, "refund.reject").await.data();
    assert_eq!(crew.held(&agent).await, ["item.read", "order.read", "refund.read", "refund.review", "desk.serve"]);
    // Granting overrides the denial.
    crew.grant(&agent, "refund.reject", json!(null)).await;
    assert!(crew.held(&agent).await.contains(&"refund.reject".to_owned()));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_2_locked_ones_are_not_taken() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    assert_eq!(
        crew.revoke_as(&crew.owner, &agent, "refund.read").await.user_error("revokePermission"),
        "LOCKED_BY_POSITION"
    );
    // Nor by the detour of a grant on top.
    crew.grant(&agent, "refund.read", json!(null)).await;
    assert_eq!(
        crew.revoke_as(&crew.owner, &agent, "refund.read").await.user_error("revokePermission"),
        "LOCKED_BY_POSITION"
    );
    assert!(crew.held(&agent).await.contains(&"refund.read".to_owned()));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_2_nobody_revokes_upwards_or_from_themselves_or_lifts_what_they_lack() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let boss = crew.hire("boss", "SUPERVISOR").await;
    let ops = crew.hire("ops", "OPERATIONS").await;
    crew.grant(&agent, "permission.grant", json!(null)).await;
    for (from, code, wanted) in [
        (&boss, "refund.approve", "ABOVE_OWN_RANK"),
        (&agent, "refund.reject", "ONESELF"),
        (&ops, "bought_items.read", "MAIN_ACCOUNT_ONLY"),
        (&ops, "no.such", "UNKNOWN_PERMISSION"),
        (&ops, "item.create", ""),
    ] {
        let answer = crew.revoke_as(&agent, from, code).await;
        assert_eq!(answer.user_error("revokePermission"), wanted, "{code}: {answer:?}");
    }
    // Taking away what one lacks is allowed; giving it back by lifting the denial is not.
    let query = "query($id: ID!) { node(id: $id) { ... on SubAccount { grants { id effect } } } }";
    let denial = crew.app.ok(&crew.owner, query, json!({ "id": ops.id })).await["node"]["grants"][0]["id"].clone();
    let lift = crew.call(&agent, "revokePermission", json!({ "grantId": denial }), "denial { id }").await;
    assert_eq!(lift.user_error("revokePermission"), "PERMISSION_NOT_HELD");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_input_says_one_thing() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "OTHER").await;
    for input in [
        json!({}),
        json!({ "subAccountId": agent.id }),
        json!({ "permission": "item.read" }),
        json!({ "grantId": "grant_x", "permission": "item.read" }),
    ] {
        let answer = crew.call(&crew.owner, "revokePermission", input.clone(), "denial { id }").await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{input}");
    }
    crew.stop().await;
}
