//! The simulator: a recorded day with other weights (requirement 4.17).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{beat, contact, desk, reply};
use crate::support::app::{Persona, TestApp};

/// Every conversation of a shop with its assignments.
async fn seen(app: &TestApp, owner: &Persona, shop: &str) -> Value {
    let all = "query($shop: ID!) { shop(id: $shop) { deskAgents { weight waiting }
        conversations(first: 50) { edges { node { id state assignments { agentId reason at } } } } } }";
    app.ok(owner, all, json!({ "shop": shop })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_a_recorded_day_with_other_weights() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["one", "two"]).await;
    for agent in &agents {
        beat(&app, agent, &shop, false).await.data();
    }
    for at in 0..12 {
        let buyer = app.account("buyer").await;
        let id = contact(&app, &buyer, &shop, "home").await;
        app.clock.advance(TimeDelta::seconds(40 + at));
        for agent in &agents {
            beat(&app, agent, &shop, false).await.data();
        }
        for agent in &agents {
            // One of them has it: the other is told so.
            reply(&app, agent, &id, "您好").await.data();
        }
    }
    let simulate = "query($shop: ID!, $day: DateTime!, $weights: [RoutingWeight!]!) { shop(id: $shop) {
        simulateRouting(day: $day, weights: $weights, seed: 7) { conversations reasons { reason count }
        agents { subAccountId weight conversations mostWaiting }
        decisions { conversationId subAccountId reason } } } }";
    let day = app.now().to_rfc3339();
    let run = async |weights: serde_json::Value| {
        let asked = json!({ "shop": shop, "day": day, "weights": weights });
        app.ok(&owner, simulate, asked).await["shop"]["simulateRouting"].clone()
    };
    let before = (app.dump().await, seen(&app, &owner, &shop).await);
    let as_it_was = run(json!([])).await;
    assert_eq!(as_it_was["conversations"], json!(12));
    assert_eq!(as_it_was, run(json!([])).await, "the same seed, the same day");
    let alone = run(json!([{ "subAccountId": agents[1].id, "weight": 0 }])).await;
    let of = |day: &serde_json::Value, who: &Persona| {
        let all = day["agents"].as_array().unwrap();
        all.iter().find(|share| share["subAccountId"] == json!(who.id)).unwrap()["conversations"].as_i64().unwrap()
    };
    assert_eq!((of(&as_it_was, &agents[0]), of(&as_it_was, &agents[1])), (6, 6));
    assert_eq!((of(&alone, &agents[0]), of(&alone, &agents[1])), (12, 0));
    let to_the_first = |day: &serde_json::Value| {
        day["decisions"].as_array().unwrap().iter().filter(|one| one["subAccountId"] == json!(agents[0].id)).count()
    };
    assert_eq!((to_the_first(&as_it_was), to_the_first(&alone)), (6, 12), "who would have got what");
    assert_eq!(before, (app.dump().await, seen(&app, &owner, &shop).await), "a simulation changes nothing");
    let bad = json!({ "shop": shop, "day": day, "weights": [{ "subAccountId": agents[1].id, "weight": 101 }] });
    assert_eq!(app.run(Some(&owner.token), simulate, bad).await.code(), "BAD_USER_INPUT");
    let clerk = json!({ "shop": shop, "day": day, "weights": [] });
    assert_eq!(app.run(Some(&agents[0].token), simulate, clerk).await.code(), "FORBIDDEN");
    app.stop().await;
}
