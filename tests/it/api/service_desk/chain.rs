//! The chain of the rule, link by link, each with its reason (requirement 4.17).

use chrono::TimeDelta;
use serde_json::json;

use super::{SEEN, assigned, beat, certify, close, contact, dedicate, desk, group, on_saturdays, reply, set};
use crate::support::app::{Persona, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_nobody_online_waits_in_the_queue_until_somebody_comes() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["sale", "after"]).await;
    let after = group(&app, &owner, &shop, "After-sales", &["refunds"]).await;
    set(&app, &owner, &agents[1], json!({ "weight": 10, "groupId": after })).await;
    let buyer = app.account("buyer").await;
    let id = contact(&app, &buyer, &shop, "refunds").await;
    assert_eq!(assigned(&app, &owner, &id).await, (json!(null), "NOBODY_ONLINE".to_owned()));
    let state = async || app.ok(&owner, SEEN, json!({ "id": id })).await["conversation"]["state"].clone();
    assert_eq!(state().await, "QUEUED");
    // Whoever comes online takes what waits, by the same rule: nobody but after-sales answers this page.
    beat(&app, &agents[0], &shop, false).await.data();
    assert_eq!(assigned(&app, &owner, &id).await.1, "NOBODY_ONLINE");
    beat(&app, &agents[1], &shop, false).await.data();
    assert_eq!(assigned(&app, &owner, &id).await, (json!(agents[1].id), "GROUP".to_owned()));
    assert_eq!(state().await, "OPEN");
    let seen = app.ok(&owner, SEEN, json!({ "id": id })).await["conversation"].clone();
    let reasons: Vec<_> = seen["assignments"].as_array().unwrap().iter().map(|one| one["reason"].clone()).collect();
    assert_eq!(reasons, ["NOBODY_ONLINE", "GROUP"], "every assignment stays, with its reason");
    assert!(seen["assignments"][1]["words"].as_str().unwrap().contains("weight"), "{seen}");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_online_is_a_heartbeat_that_is_not_old() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["one"]).await;
    let reason_after = async |seconds: i64, stem: &str| {
        beat(&app, &agents[0], &shop, false).await.data();
        app.clock.advance(TimeDelta::seconds(seconds));
        let buyer = app.account(stem).await;
        let id = contact(&app, &buyer, &shop, "home").await;
        let reason = assigned(&app, &owner, &id).await.1;
        close(&app, &owner, &id).await.data();
        reason
    };
    assert_eq!(reason_after(89, "early").await, "GROUP");
    assert_eq!(reason_after(90, "late").await, "NOBODY_ONLINE", "90 seconds, as the configuration says");
    beat(&app, &agents[0], &shop, true).await.data();
    let buyer = app.account("buyer").await;
    let id = contact(&app, &buyer, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await.1, "NOBODY_ONLINE", "away is not online");
    app.stop().await;
}

/// A shop where the second agent answered the buyer; everybody is online.
async fn served(app: &TestApp) -> (Persona, String, Vec<Persona>, Persona) {
    let (owner, shop, agents) = desk(app, &["one", "two", "three"]).await;
    let buyer = app.account("buyer").await;
    beat(app, &agents[1], &shop, false).await.data();
    let id = contact(app, &buyer, &shop, "home").await;
    reply(app, &agents[1], &id, "您好").await.data();
    close(app, &agents[1], &id).await.data();
    // Others' weight is larger: by weight alone it would be theirs.
    for agent in [&agents[0], &agents[2]] {
        set(app, &owner, agent, json!({ "weight": 100 })).await;
    }
    (owner, shop, agents, buyer)
}

/// Lets time pass in which nobody's session ends, and then everybody be online.
async fn later(app: &TestApp, shop: &str, agents: &[Persona], by: TimeDelta) {
    app.sql("UPDATE sessions SET expires_at = expires_at + interval '30 days', lasts_until = lasts_until + interval '30 days'").await;
    app.clock.advance(by);
    for agent in agents {
        beat(app, agent, shop, false).await.data();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_who_served_this_buyer_in_the_last_three_days() {
    let app = TestApp::start().await;
    let (owner, shop, agents, buyer) = served(&app).await;
    later(&app, &shop, &agents, TimeDelta::days(3) - TimeDelta::minutes(1)).await;
    let id = contact(&app, &buyer, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await, (json!(agents[1].id), "SERVED_BEFORE".to_owned()));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_after_three_days_or_not_answered_it_counts_no_more() {
    let app = TestApp::start().await;
    let (owner, shop, agents, buyer) = served(&app).await;
    // Somebody got another buyer's conversation, and never answered: that is not serving.
    let other = app.account("other").await;
    let unanswered = contact(&app, &other, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &unanswered).await.0, json!(agents[1].id));
    close(&app, &agents[1], &unanswered).await.data();
    later(&app, &shop, &agents, TimeDelta::minutes(5)).await;
    let again = contact(&app, &other, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &again).await.1, "GROUP");
    later(&app, &shop, &agents, TimeDelta::days(3)).await;
    let id = contact(&app, &buyer, &shop, "home").await;
    let (agent, reason) = assigned(&app, &owner, &id).await;
    assert!(agent != json!(agents[1].id) && reason == "GROUP", "{agent} {reason}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_the_buyers_dedicated_agent() {
    let app = TestApp::start().await;
    let (owner, shop, agents, buyer) = served(&app).await;
    assert_eq!(
        dedicate(&app, &owner, &shop, &buyer.id, &agents[2].id).await.data()["setDedicatedAgent"]["done"],
        json!(true)
    );
    later(&app, &shop, &agents, TimeDelta::minutes(5)).await;
    let id = contact(&app, &buyer, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await.1, "SERVED_BEFORE", "who served them lately goes first");
    close(&app, &owner, &id).await.data();
    beat(&app, &agents[1], &shop, true).await.data();
    let id = contact(&app, &buyer, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await, (json!(agents[2].id), "DEDICATED".to_owned()));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_the_group_that_the_page_is_bound_to() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["sale", "after"]).await;
    for (at, (name, page)) in [("Sales", "item-1"), ("After-sales", "refunds")].into_iter().enumerate() {
        let id = group(&app, &owner, &shop, name, &[page]).await;
        set(&app, &owner, &agents[at], json!({ "weight": 10 * (at + 1), "groupId": id })).await;
        beat(&app, &agents[at], &shop, false).await.data();
    }
    for (page, agent) in [("item-1", &agents[0]), ("refunds", &agents[1]), ("home", &agents[1])] {
        let buyer = app.account("buyer").await;
        let id = contact(&app, &buyer, &shop, page).await;
        assert_eq!(assigned(&app, &owner, &id).await, (json!(agent.id), "GROUP".to_owned()), "{page}");
        close(&app, &owner, &id).await.data();
    }
    // Nobody of the group is there: others are, but the page is not theirs.
    beat(&app, &agents[0], &shop, true).await.data();
    let buyer = app.account("buyer").await;
    let id = contact(&app, &buyer, &shop, "item-1").await;
    assert_eq!(assigned(&app, &owner, &id).await, (json!(null), "ALL_BUSY".to_owned()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_whoever_is_on_the_roster_gets_conversations_on_shift_only() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["early", "late", "free"]).await;
    on_saturdays(&app, &owner, &agents[0], "09:00", "13:00").await;
    on_saturdays(&app, &owner, &agents[1], "13:00", "22:00").await;
    set(&app, &owner, &agents[2], json!({ "weight": 0 })).await;
    let mut got = Vec::new();
    for _ in 0..2 {
        for agent in &agents {
            beat(&app, agent, &shop, false).await.data();
        }
        let buyer = app.account("buyer").await;
        got.push(assigned(&app, &owner, &contact(&app, &buyer, &shop, "home").await).await);
        app.clock.advance(TimeDelta::hours(1));
    }
    let by_group = |agent: &Persona| (json!(agent.id), "GROUP".to_owned());
    assert_eq!(got, [by_group(&agents[0]), by_group(&agents[1])], "12:00 and 13:00 in Shanghai");
    let list = "query($id: ID!) { shop(id: $id) { deskAgents { onShift } } }";
    let list = app.ok(&owner, list, json!({ "id": shop })).await["shop"]["deskAgents"].clone();
    assert_eq!(list, json!([{ "onShift": false }, { "onShift": true }, { "onShift": null }]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_a_muted_agent_gets_no_conversations() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["muted"]).await;
    certify(&app, &agents[0], "NULL").await;
    beat(&app, &agents[0], &shop, false).await.data();
    let buyer = app.account("buyer").await;
    let id = contact(&app, &buyer, &shop, "home").await;
    assert_eq!(assigned(&app, &owner, &id).await.1, "NOBODY_ONLINE", "what they answer would not arrive");
    certify(&app, &agents[0], "now()").await;
    beat(&app, &agents[0], &shop, false).await.data();
    assert_eq!(assigned(&app, &owner, &id).await.0, json!(agents[0].id));
    app.stop().await;
}
