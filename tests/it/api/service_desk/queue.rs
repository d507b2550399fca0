//! What waits: the offline queue in its order, agents who are gone, and handing over by hand (requirement 4.17).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{SEEN, assigned, beat, certify, close, contact, dedicate, desk, group, reply, set};
use crate::support::app::{Answer, Persona, TestApp};

async fn hand_over(app: &TestApp, who: &Persona, id: &str, to: &Persona) -> Answer {
    let text = "mutation($id: ID!, $to: ID!) { assignConversation(input: { conversationId: $id, subAccountId: $to }) {
        conversation { id } userErrors { code } } }";
    app.run(Some(&who.token), text, json!({ "id": id, "to": to.id })).await
}

/// The last assignment as the shop sees it.
async fn last(app: &TestApp, owner: &Persona, id: &str) -> Value {
    let seen = app.ok(owner, SEEN, json!({ "id": id })).await;
    seen["conversation"]["assignments"].as_array().unwrap().last().unwrap().clone()
}

async fn waiting(app: &TestApp, agent: &Persona, shop: &str) -> Value {
    beat(app, agent, shop, false).await.data()["deskHeartbeat"]["agent"]["waiting"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_whom_nobody_can_take_holds_nobody_up_who_waits_behind_them() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["sale", "after"]).await;
    let after = group(&app, &owner, &shop, "After-sales", &["refunds"]).await;
    set(&app, &owner, &agents[1], json!({ "weight": 10, "groupId": after })).await;
    let mut stuck = Vec::new();
    for _ in 0..20 {
        stuck.push(contact(&app, &app.account("buyer").await, &shop, "refunds").await);
    }
    let twenty_first = contact(&app, &app.account("buyer").await, &shop, "home").await;
    let known = app.account("buyer").await;
    let own = contact(&app, &known, &shop, "refunds").await;
    dedicate(&app, &owner, &shop, &known.id, &agents[0].id).await.data();
    beat(&app, &agents[0], &shop, false).await.data();
    assert_eq!(assigned(&app, &owner, &twenty_first).await, (json!(agents[0].id), "GROUP".to_owned()));
    assert_eq!(assigned(&app, &owner, &own).await, (json!(agents[0].id), "DEDICATED".to_owned()));
    for id in &stuck {
        assert_eq!(assigned(&app, &owner, id).await.1, "NOBODY_ONLINE", "after-sales alone answers this page");
    }
    // Those who wait longest come first, as many as there is room for.
    assert_eq!(waiting(&app, &agents[1], &shop).await, json!(0), "as it was before they were given out");
    for (place, id) in stuck.iter().enumerate() {
        let wanted = if place < 5 { json!(agents[1].id) } else { json!(null) };
        assert_eq!(assigned(&app, &owner, id).await.0, wanted, "{place}");
    }
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_whoever_fills_up_leaves_room_for_those_that_others_can_take() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["sale", "after"]).await;
    let (sale, after) = (
        group(&app, &owner, &shop, "Sales", &["lamps"]).await,
        group(&app, &owner, &shop, "After-sales", &["refunds"]).await,
    );
    set(&app, &owner, &agents[0], json!({ "weight": 10, "groupId": sale })).await;
    set(&app, &owner, &agents[1], json!({ "weight": 10, "groupId": after })).await;
    for _ in 0..27 {
        contact(&app, &app.account("buyer").await, &shop, "lamps").await;
    }
    // Sales is full before anybody waits for after-sales.
    beat(&app, &agents[0], &shop, false).await.data();
    let mut behind = Vec::new();
    for _ in 0..2 {
        behind.push(contact(&app, &app.account("buyer").await, &shop, "refunds").await);
    }
    // One place is free for sales again: the twenty that wait longest are all for it.
    let oldest = "query($id: ID!) { shop(id: $id) { conversations(state: OPEN, last: 1) { edges { node { id } } } } }";
    let first = app.ok(&owner, oldest, json!({ "id": shop })).await;
    let first = first["shop"]["conversations"]["edges"][0]["node"]["id"].as_str().unwrap().to_owned();
    reply(&app, &agents[0], &first, "您好").await.data();
    beat(&app, &agents[1], &shop, false).await.data();
    for id in &behind {
        assert_eq!(assigned(&app, &owner, id).await, (json!(agents[1].id), "GROUP".to_owned()));
    }
    assert_eq!(waiting(&app, &agents[0], &shop).await, json!(5));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_who_waits_for_an_agent_who_is_gone_goes_to_somebody_who_is_there() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["one", "two"]).await;
    let [one, two] = agents.as_slice() else { panic!() };
    beat(&app, one, &shop, false).await.data();
    let (asks, answered) = (app.account("buyer").await, app.account("buyer").await);
    let (asks, answered) = (contact(&app, &asks, &shop, "home").await, contact(&app, &answered, &shop, "home").await);
    reply(&app, one, &answered, "您好").await.data();
    app.clock.advance(TimeDelta::seconds(89));
    beat(&app, two, &shop, false).await.data();
    assert_eq!(assigned(&app, &owner, &asks).await.0, json!(one.id), "they may still answer");
    app.clock.advance(TimeDelta::seconds(1));
    beat(&app, two, &shop, true).await.data();
    assert_eq!(assigned(&app, &owner, &asks).await.0, json!(one.id), "nobody could take it");
    beat(&app, two, &shop, false).await.data();
    let moved = last(&app, &owner, &asks).await;
    assert_eq!((&moved["agentId"], &moved["reason"]), (&json!(two.id), &json!("GROUP")), "{moved}");
    assert_eq!(moved["handedOverFrom"], json!(one.id), "{moved}");
    assert_eq!(assigned(&app, &owner, &answered).await.0, json!(one.id), "nobody waits there");
    assert_eq!(reply(&app, one, &asks, "我回来了").await.user_error("replyToBuyer"), "NOT_YOUR_CONVERSATION");
    assert_eq!((waiting(&app, one, &shop).await, waiting(&app, two, &shop).await), (json!(0), json!(1)));
    // Whoever is back before anybody took over goes on.
    let id = contact(&app, &app.account("buyer").await, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await.0, json!(one.id), "who has least to do");
    app.clock.advance(TimeDelta::minutes(5));
    assert_eq!(waiting(&app, one, &shop).await, json!(1));
    assert_eq!(assigned(&app, &owner, &id).await.0, json!(one.id));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_whoever_manages_the_desk_hands_over_by_hand() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["one", "two", "three"]).await;
    let [one, two, three] = agents.as_slice() else { panic!() };
    let manager = app.clerk(&shop, "manager", &["desk.manage"]).await;
    let queued = contact(&app, &app.account("buyer").await, &shop, "home").await;
    beat(&app, one, &shop, false).await.data();
    assert_eq!(assigned(&app, &owner, &queued).await.0, json!(one.id));
    let error = |answer: Answer| answer.user_error("assignConversation").to_owned();
    assert_eq!(error(hand_over(&app, &manager, &queued, two).await), "AGENT_NOT_AVAILABLE", "not online");
    assert_eq!(error(hand_over(&app, &manager, &queued, one).await), "ALREADY_ASSIGNED");
    assert_eq!(hand_over(&app, one, &queued, two).await.code(), "FORBIDDEN", "an agent may not");
    // Away or not: the manager knows better.
    beat(&app, two, &shop, true).await.data();
    assert_eq!(error(hand_over(&app, &manager, &queued, two).await), "");
    let moved = last(&app, &owner, &queued).await;
    assert_eq!((&moved["agentId"], &moved["reason"]), (&json!(two.id), &json!("BY_MANAGER")), "{moved}");
    assert_eq!(moved["handedOverFrom"], json!(one.id));
    assert!(moved["words"].as_str().unwrap().contains("by hand"), "{moved}");
    assert_eq!(reply(&app, one, &queued, "x").await.user_error("replyToBuyer"), "NOT_YOUR_CONVERSATION");
    assert_eq!((waiting(&app, one, &shop).await, waiting(&app, two, &shop).await), (json!(0), json!(1)));
    reply(&app, two, &queued, "您好").await.data();
    assert_eq!(waiting(&app, two, &shop).await, json!(0));
    // From the queue as well; not to somebody whose answers do not arrive, or who may not answer.
    for agent in &agents {
        beat(&app, agent, &shop, true).await.data();
    }
    let waits = contact(&app, &app.account("buyer").await, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &waits).await.1, "NOBODY_ONLINE");
    certify(&app, three, "NULL").await;
    assert_eq!(error(hand_over(&app, &owner, &waits, three).await), "AGENT_NOT_AVAILABLE", "muted");
    certify(&app, three, "now()").await;
    app.strip(three).await;
    assert_eq!(error(hand_over(&app, &owner, &waits, three).await), "AGENT_NOT_AVAILABLE", "without desk.serve");
    assert_eq!(hand_over(&app, &owner, &waits, &manager).await.code(), "NOT_FOUND", "no agent of the desk");
    assert_eq!(error(hand_over(&app, &owner, &waits, one).await), "");
    assert_eq!(assigned(&app, &owner, &waits).await, (json!(one.id), "BY_MANAGER".to_owned()));
    close(&app, one, &waits).await.data();
    assert_eq!(error(hand_over(&app, &owner, &waits, two).await), "CONVERSATION_CLOSED");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_18_a_sign_of_life_is_no_operation_but_coming_and_going_is() {
    let app = TestApp::start().await;
    let (_, shop, agents) = desk(&app, &["one"]).await;
    let entries = async || app.count("SELECT count(*) FROM audit_entries WHERE action = 'deskHeartbeat'").await;
    for (after_seconds, away, wanted) in
        [(0, false, 1), (30, false, 1), (30, false, 1), (30, true, 2), (30, true, 2), (30, false, 3), (90, false, 4)]
    {
        app.clock.advance(TimeDelta::seconds(after_seconds));
        let online = beat(&app, &agents[0], &shop, away).await.data()["deskHeartbeat"]["agent"]["online"].clone();
        assert_eq!((entries().await, online), (wanted, json!(!away)), "{after_seconds} {away}");
    }
    let mut conversations = Vec::new();
    for _ in 0..6 {
        conversations.push(contact(&app, &app.account("buyer").await, &shop, "home").await);
    }
    beat(&app, &agents[0], &shop, false).await.data();
    assert_eq!(entries().await, 4, "there was no room for the sixth");
    reply(&app, &agents[0], &conversations[0], "您好").await.data();
    beat(&app, &agents[0], &shop, false).await.data();
    assert_eq!(entries().await, 5, "what is given out is on record");
    app.verified().await;
    app.stop().await;
}
