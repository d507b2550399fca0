//! `acceptManagerInvitation` and `declineManagerInvitation`.

use serde_json::{Value, json};

use super::crew::Crew;
use super::invite_manager::invite;
use crate::support::app::Persona;

const INVITATIONS: &str =
    "{ viewer { managerInvitations { edges { node { id shopName name position { kind } state } } } } }";

async fn invitations(crew: &Crew, who: &Persona) -> Value {
    let all = crew.app.ok(who, INVITATIONS, json!({})).await;
    all["viewer"]["managerInvitations"]["edges"].clone()
}

async fn shop_name(crew: &Crew) -> Value {
    let shop = crew.app.ok(&crew.owner, "query($id: ID!) { shop(id: $id) { name } }", json!({ "id": crew.shop })).await;
    shop["shop"]["name"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_19_one_manager_works_for_two_shops_each_with_its_own_permissions() {
    let first = Crew::start().await;
    let manager = first.app.account("manager").await;
    invite(&first, &first.owner, &manager.login, "mo", "SUPERVISOR").await.data();
    let (first_shop, first_name) = (first.shop.clone(), shop_name(&first).await);
    let second = Crew::on(first.app).await;
    invite(&second, &second.owner, &manager.login, "momo", "OPERATIONS").await.data();
    let asked = invitations(&second, &manager).await;
    assert_eq!(asked[0]["node"]["shopName"], first_name);
    assert_eq!(asked[1]["node"]["position"]["kind"], "OPERATIONS");
    for invitation in asked.as_array().unwrap() {
        let input = json!({ "invitationId": invitation["node"]["id"] });
        let answer = second.call(&manager, "acceptManagerInvitation", input, "invitation { state }").await.data();
        assert_eq!(answer["acceptManagerInvitation"]["invitation"]["state"], "ACTIVE");
    }
    assert_eq!(invitations(&second, &manager).await, json!([]));
    let viewer = "{ viewer { login seats { shopId name permissions } } }";
    let seats = second.app.ok(&manager, viewer, json!({})).await["viewer"]["seats"].clone();
    let seat = |shop: &str| seats.as_array().unwrap().iter().find(|s| s["shopId"] == shop).unwrap().clone();
    assert!(seat(&first_shop)["permissions"].as_array().unwrap().contains(&json!("refund.approve")));
    assert!(!seat(&second.shop)["permissions"].as_array().unwrap().contains(&json!("refund.approve")));
    assert_eq!(seat(&second.shop)["name"], format!("{}:momo", second.owner.login));
    // Departing from one shop leaves the other, and the manager's own session.
    let seat_id = asked[1]["node"]["id"].clone();
    second.call(&second.owner, "departSubAccount", json!({ "subAccountId": seat_id }), "").await.data();
    let left = second.app.ok(&manager, viewer, json!({})).await["viewer"]["seats"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1);
    // Coming back takes no password; the manager is asked again.
    let restore = |input| second.call(&second.owner, "restoreSubAccount", input, "subAccount { state }");
    let with = restore(json!({ "subAccountId": seat_id, "password": "correct horse" })).await;
    assert_eq!(with.user_error("restoreSubAccount"), "PASSWORD_UNWANTED");
    let asked_again = restore(json!({ "subAccountId": seat_id })).await.data();
    assert_eq!(asked_again["restoreSubAccount"]["subAccount"]["state"], "INVITED");
    assert_eq!(invitations(&second, &manager).await.as_array().unwrap().len(), 1);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_19_only_who_was_asked_answers_and_only_once() {
    let crew = Crew::start().await;
    let manager = crew.app.account("manager").await;
    let stranger = crew.app.account("stranger").await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    invite(&crew, &crew.owner, &manager.login, "mo", "OTHER").await.data();
    let id = invitations(&crew, &manager).await[0]["node"]["id"].clone();
    assert_eq!(invitations(&crew, &stranger).await, json!([]));
    let input = json!({ "invitationId": id });
    for (who, code) in [(&stranger, "NOT_FOUND"), (&crew.owner, "NOT_FOUND"), (&agent, "FORBIDDEN")] {
        let answer = crew.call(who, "acceptManagerInvitation", input.clone(), "invitation { id }").await;
        assert_eq!(answer.code(), code, "{answer:?}");
    }
    // A sub-account with a password is no invitation.
    let answer = crew.call(&manager, "acceptManagerInvitation", json!({ "invitationId": agent.id }), "").await;
    assert_eq!(answer.code(), "NOT_FOUND");
    let declined = crew.call(&manager, "declineManagerInvitation", input.clone(), "invitation { state }").await.data();
    assert_eq!(declined["declineManagerInvitation"]["invitation"]["state"], "DEPARTED");
    let late = crew.call(&manager, "acceptManagerInvitation", input, "invitation { id }").await;
    assert_eq!(late.code(), "NOT_FOUND");
    assert_eq!(crew.lists_refunds(&manager).await, "FORBIDDEN");
    crew.stop().await;
}
