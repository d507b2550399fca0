//! Load, hand-over, and many at once (requirement 4.17).

use futures_util::future::join_all;
use serde_json::json;

use super::{SEEN, assigned, beat, contact, desk, reply, set};
use crate::support::app::{Persona, TestApp};
use crate::support::pg::PgServer;

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_by_weight_and_load_and_busy_above_four() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["heavy", "light"]).await;
    set(&app, &owner, &agents[0], json!({ "weight": 30 })).await;
    for agent in &agents {
        beat(&app, agent, &shop, false).await.data();
    }
    let mut conversations = Vec::new();
    for _ in 0..11 {
        let buyer = app.account("buyer").await;
        conversations.push(contact(&app, &buyer, &shop, "home").await);
    }
    let mut got = [0, 0, 0];
    for id in &conversations {
        let (agent, reason) = assigned(&app, &owner, id).await;
        let place = agents.iter().position(|one| json!(one.id) == agent).unwrap_or(2);
        assert_eq!(reason, if place == 2 { "ALL_BUSY" } else { "GROUP" });
        got[place] += 1;
    }
    assert_eq!(got, [5, 5, 1], "busy above four waiting, then the queue");
    let of_first: Vec<_> = conversations.iter().take(4).collect();
    let mut heavy = 0;
    for id in of_first {
        heavy += usize::from(assigned(&app, &owner, id).await.0 == json!(agents[0].id));
    }
    assert_eq!(heavy, 3, "three times the weight, three of the first four");
    // An answer makes room, and the next heartbeat gives out what waits.
    reply(&app, &agents[0], &conversations[0], "您好").await.data();
    beat(&app, &agents[1], &shop, false).await.data();
    assert_eq!(assigned(&app, &owner, &conversations[10]).await, (json!(agents[0].id), "GROUP".to_owned()));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_handed_over_when_a_sub_account_departs() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["leaving", "staying"]).await;
    let buyer = app.account("buyer").await;
    beat(&app, &agents[0], &shop, false).await.data();
    let id = contact(&app, &buyer, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await.0, json!(agents[0].id));
    beat(&app, &agents[1], &shop, false).await.data();
    let depart = "mutation($id: ID!) { departSubAccount(input: { subAccountId: $id }) { userErrors { code } } }";
    let gone = app.ok(&owner, depart, json!({ "id": agents[0].id })).await;
    assert_eq!(gone["departSubAccount"]["userErrors"], json!([]));
    app.deliver().await;
    let seen = app.ok(&owner, SEEN, json!({ "id": id })).await["conversation"].clone();
    let last = seen["assignments"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["agentId"], json!(agents[1].id), "{seen}");
    assert_eq!(last["handedOverFrom"], json!(agents[0].id));
    reply(&app, &agents[1], &id, "您好,由我继续为您服务").await.data();
    assert_eq!(beat(&app, &agents[1], &shop, false).await.data()["deskHeartbeat"]["agent"]["waiting"], json!(0));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_r5_5_who_may_no_longer_answer_gets_nothing_more() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["denied", "stripped", "granted"]).await;
    for agent in &agents {
        beat(&app, agent, &shop, false).await.data();
    }
    let revoke = "mutation($id: ID!) { revokePermission(input: { subAccountId: $id, permission: \"desk.serve\" }) {
        userErrors { code } } }";
    let revoked = app.ok(&owner, revoke, json!({ "id": agents[0].id })).await;
    assert_eq!(revoked["revokePermission"]["userErrors"], json!([]), "{revoked}");
    app.strip(&agents[1]).await;
    app.strip(&agents[2]).await;
    app.grant(&shop, &agents[2], "desk.serve", 1).await;
    for _ in 0..3 {
        let id = contact(&app, &app.account("buyer").await, &shop, "home").await;
        assert_eq!(assigned(&app, &owner, &id).await, (json!(agents[2].id), "GROUP".to_owned()));
    }
    let revoked = app.ok(&owner, revoke, json!({ "id": agents[2].id })).await;
    assert_eq!(revoked["revokePermission"]["userErrors"], json!([]), "{revoked}");
    let id = contact(&app, &app.account("buyer").await, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await, (json!(null), "NOBODY_ONLINE".to_owned()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_on_a_server_buyers_at_once_do_not_both_take_the_last_place() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let (owner, shop, agents) = desk(&app, &["one", "two"]).await;
    for agent in &agents {
        beat(&app, agent, &shop, false).await.data();
    }
    let mut buyers = Vec::new();
    for _ in 0..16 {
        buyers.push(app.account("buyer").await);
    }
    let ids = join_all(buyers.iter().map(|buyer| contact(&app, buyer, &shop, "home"))).await;
    let mut queued = 0;
    for id in &ids {
        queued += usize::from(assigned(&app, &owner, id).await.1 == "ALL_BUSY");
    }
    assert_eq!(queued, 6, "five for each of two agents");
    // Answers and heartbeats at once leave the counts as they are.
    let answered: Vec<(&Persona, &String)> =
        agents.iter().flat_map(|agent| ids.iter().map(move |id| (agent, id))).collect();
    join_all(answered.iter().map(async |(agent, id)| {
        let answer = reply(&app, agent, id, "您好").await;
        assert!(["", "NOT_YOUR_CONVERSATION"].contains(&answer.user_error("replyToBuyer")), "{answer:?}");
        beat(&app, agent, &shop, false).await.data();
    }))
    .await;
    app.sql(
        "DO $$ BEGIN IF EXISTS (SELECT FROM desk_agents a WHERE waiting <> (SELECT count(*) FROM conversations c
            WHERE c.shop_id = a.shop_id AND c.agent_id = a.sub_account_id AND c.state = 'OPEN' AND c.awaits_shop))
            THEN RAISE EXCEPTION 'the load is counted wrong'; END IF; END $$",
    )
    .await;
    app.verified().await;
    app.stop().await;
}
