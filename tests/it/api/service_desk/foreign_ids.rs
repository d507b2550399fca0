//! h19: another shop's ids get the answer of ids that do not exist.

use serde_json::json;

use super::{beat, close, contact, dedicate, desk, group, reply};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn h19_ids_of_another_shops_desk_do_not_exist() {
    let app = TestApp::start().await;
    let (_, their_shop, theirs) = desk(&app, &["theirs"]).await;
    let their_buyer = app.account("buyer").await;
    beat(&app, &theirs[0], &their_shop, false).await.data();
    let their_conversation = contact(&app, &their_buyer, &their_shop, "home").await;
    let (owner, shop, own) = desk(&app, &["own"]).await;
    let buyer = app.account("buyer").await;
    let own_conversation = contact(&app, &buyer, &shop, "home").await;
    let (their_owner, _, _) = desk(&app, &[]).await;
    let their_group = group(&app, &their_owner, &their_shop_of(&app, &their_owner).await, "Theirs", &[]).await;
    let unknown = |prefix: &str| format!("{prefix}_01h455vb4pex5vsknk084sn02q");
    // The desk.
    for (agent, buyer) in [
        (theirs[0].id.clone(), buyer.id.clone()),
        (unknown("sub"), buyer.id.clone()),
        (own[0].id.clone(), their_buyer.id.clone()),
        (own[0].id.clone(), unknown("acct")),
    ] {
        assert_eq!(dedicate(&app, &owner, &shop, &buyer, &agent).await.code(), "NOT_FOUND", "{agent} {buyer}");
    }
    assert_eq!(dedicate(&app, &owner, &their_shop, &their_buyer.id, &theirs[0].id).await.code(), "NOT_FOUND");
    let set = "mutation($input: SetDeskAgentInput!) { setDeskAgent(input: $input) { userErrors { code } } }";
    for input in [
        json!({ "subAccountId": theirs[0].id }),
        json!({ "subAccountId": unknown("sub") }),
        json!({ "subAccountId": own[0].id, "groupId": their_group }),
        json!({ "subAccountId": own[0].id, "groupId": unknown("dgrp") }),
    ] {
        assert_eq!(app.run(Some(&owner.token), set, json!({ "input": input })).await.code(), "NOT_FOUND", "{input}");
    }
    let save = "mutation($input: SaveDeskGroupInput!) { saveDeskGroup(input: $input) { userErrors { code } } }";
    for input in [
        json!({ "shopId": shop, "groupId": their_group, "name": "Ours", "pages": [] }),
        json!({ "shopId": shop, "groupId": unknown("dgrp"), "name": "Ours", "pages": [] }),
        json!({ "shopId": their_shop, "name": "Ours", "pages": [] }),
        json!({ "shopId": unknown("shop"), "name": "Ours", "pages": [] }),
    ] {
        assert_eq!(app.run(Some(&owner.token), save, json!({ "input": input })).await.code(), "NOT_FOUND", "{input}");
    }
    for shop in [&their_shop, &unknown("shop")] {
        assert_eq!(beat(&app, &own[0], shop, false).await.code(), "NOT_FOUND");
    }
    // Conversations.
    for id in [&their_conversation, &unknown("conv")] {
        assert_eq!(reply(&app, &own[0], id, "x").await.code(), "NOT_FOUND");
        assert_eq!(close(&app, &own[0], id).await.code(), "NOT_FOUND");
    }
    let assign =
        "mutation($id: ID!, $to: ID!) { assignConversation(input: { conversationId: $id, subAccountId: $to }) {
        userErrors { code } } }";
    for (id, to) in [
        (&their_conversation, &own[0].id),
        (&unknown("conv"), &own[0].id),
        (&own_conversation, &theirs[0].id),
        (&own_conversation, &unknown("sub")),
    ] {
        assert_eq!(
            app.run(Some(&owner.token), assign, json!({ "id": id, "to": to })).await.code(),
            "NOT_FOUND",
            "{id} {to}"
        );
    }
    // The simulator.
    let simulate = "query($shop: ID!, $day: DateTime!, $weights: [RoutingWeight!]!) { shop(id: $shop) {
        simulateRouting(day: $day, weights: $weights) { conversations } } }";
    for id in [theirs[0].id.clone(), unknown("sub")] {
        let weights = json!([{ "subAccountId": id, "weight": 1 }]);
        let asked = json!({ "shop": shop, "day": app.now().to_rfc3339(), "weights": weights });
        assert_eq!(app.run(Some(&owner.token), simulate, asked).await.code(), "NOT_FOUND", "{id}");
    }
    app.stop().await;
}

/// The only shop of an account.
async fn their_shop_of(app: &TestApp, owner: &crate::support::app::Persona) -> String {
    app.ok(owner, "{ shop { id } }", json!({})).await["shop"]["id"].as_str().unwrap().to_owned()
}
