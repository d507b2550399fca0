//! h19: another shop's id in every id argument of this domain gets the answer of an id that does not exist.

use serde_json::{Value, json};

use super::crew::Crew;
use crate::support::app::{Answer, PASSWORD, Persona};

/// The answer without what is never the same twice.
fn same(answer: &Answer) -> Value {
    answer.0["errors"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_foreign_ids_are_ids_that_do_not_exist() {
    let theirs = Crew::start().await;
    let victim = theirs.hire("victim", "CUSTOMER_SERVICE").await;
    let grant = theirs.grant(&victim, "refund.approve", json!(null)).await;
    let (their_shop, their_position) = (theirs.shop.clone(), theirs.position("CUSTOMER_SERVICE"));
    let their_owner = theirs.owner.clone();
    let crew = Crew::on(theirs.app).await;
    let own = crew.hire("own", "OTHER").await;
    let own_position = crew.position("OTHER");
    let unknown = |prefix: &str| format!("{prefix}_01h455vb4pex5vsknk084sn02q");
    let person = |shop: &str, position: &str| json!({ "shopId": shop, "name": "new", "displayName": "New", "password": PASSWORD, "positionId": position });
    let manager = |shop: &str, position: &str| json!({ "shopId": shop, "login": their_owner.login, "name": "mo", "positionId": position });
    let who = |id: &str, more: Value| {
        let mut input = json!({ "subAccountId": id });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let (sub, shop, position) = (unknown("sub"), unknown("shop"), unknown("pos"));
    let cases: Vec<(&str, Value, Value)> = vec![
        ("createSubAccount", person(&their_shop, &their_position), person(&shop, &their_position)),
        ("createSubAccount", person(&crew.shop, &their_position), person(&crew.shop, &position)),
        ("inviteManager", manager(&their_shop, &their_position), manager(&shop, &their_position)),
        ("inviteManager", manager(&crew.shop, &their_position), manager(&crew.shop, &position)),
        ("departSubAccount", who(&victim.id, json!({})), who(&sub, json!({}))),
        (
            "restoreSubAccount",
            who(&victim.id, json!({ "password": PASSWORD })),
            who(&sub, json!({ "password": PASSWORD })),
        ),
        (
            "resetSubAccountPassword",
            who(&victim.id, json!({ "password": PASSWORD })),
            who(&sub, json!({ "password": PASSWORD })),
        ),
        (
            "moveSubAccount",
            who(&victim.id, json!({ "positionId": own_position })),
            who(&sub, json!({ "positionId": own_position })),
        ),
        (
            "moveSubAccount",
            who(&own.id, json!({ "positionId": their_position })),
            who(&own.id, json!({ "positionId": position })),
        ),
        (
            "grantPermission",
            who(&victim.id, json!({ "permission": "item.read" })),
            who(&sub, json!({ "permission": "item.read" })),
        ),
        (
            "revokePermission",
            who(&victim.id, json!({ "permission": "item.read" })),
            who(&sub, json!({ "permission": "item.read" })),
        ),
        ("revokePermission", json!({ "grantId": grant }), json!({ "grantId": unknown("grant") })),
        (
            "setSubAccountPermissions",
            who(&victim.id, json!({ "permissions": [] })),
            who(&sub, json!({ "permissions": [] })),
        ),
        (
            "createPosition",
            json!({ "shopId": their_shop, "name": "P", "permissions": [] }),
            json!({ "shopId": shop, "name": "P", "permissions": [] }),
        ),
        (
            "updatePosition",
            json!({ "positionId": their_position, "name": "P" }),
            json!({ "positionId": position, "name": "P" }),
        ),
        ("acceptManagerInvitation", json!({ "invitationId": victim.id }), json!({ "invitationId": sub })),
        ("declineManagerInvitation", json!({ "invitationId": victim.id }), json!({ "invitationId": sub })),
    ];
    for (mutation, foreign, missing) in &cases {
        let foreign = crew.call(&crew.owner, mutation, foreign.clone(), "").await;
        let missing = crew.call(&crew.owner, mutation, missing.clone(), "").await;
        assert_eq!(foreign.code(), "NOT_FOUND", "{mutation}: {foreign:?}");
        assert_eq!(same(&foreign), same(&missing), "{mutation}");
    }
    reads(&crew, [&victim.id, &their_position, &grant], [&sub, &position, &unknown("grant")]).await;
    // Malformed ids and ids of another kind are no different.
    for id in ["", "sub_", "\u{0}", &crew.shop, "'; DROP TABLE sub_accounts; --", &"x".repeat(50_000)] {
        let answer = crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": id }), "").await;
        assert_eq!(answer.code(), "NOT_FOUND", "{id:.30}");
    }
    assert_eq!(crew.held(&own).await, ["item.read"], "nothing was changed");
    crew.stop().await;
}

async fn reads(crew: &Crew, foreign: [&String; 3], missing: [&String; 3]) {
    let owner: &Persona = &crew.owner;
    for id in foreign.iter().chain(&missing) {
        let node = crew.app.ok(owner, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(node["node"], json!(null), "{id}");
    }
    let explain = "query($id: ID!) { explain(input: { subAccountId: $id, permission: \"item.read\" }) { allowed } }";
    let filter =
        "query($shop: ID!, $id: ID!) { shop(id: $shop) { subAccounts(positionId: $id) { edges { cursor } } } }";
    let at = "query($shop: ID!, $id: ID!) { shop(id: $shop) {
        permissionsAt(subAccountId: $id, at: \"2026-11-21T04:00:00Z\") { code } } }";
    for (query, place, wanted) in [(explain, 0, "NOT_FOUND"), (at, 0, "NOT_FOUND"), (filter, 1, "")] {
        let ask = |id: &String| crew.app.run(Some(&owner.token), query, json!({ "shop": crew.shop, "id": id }));
        let (one, other) = (ask(foreign[place]).await, ask(missing[place]).await);
        assert_eq!(one.code(), wanted, "{query}");
        assert_eq!(one.0, other.0, "{query}");
    }
}
