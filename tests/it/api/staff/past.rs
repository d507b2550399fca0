//! Who could do what at a past moment (requirement 5.10).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::certification::{again, certify, crew as certifying};
use super::crew::{Crew, codes};
use crate::support::app::{PASSWORD, Persona};
use crate::support::certified::mainland_number;
use kith::kernel::Instant;

async fn ask(crew: &Crew, query: &str, variables: Value) -> Value {
    let owner = Persona { token: crew.app.log_in(&crew.owner.login).await, ..crew.owner.clone() };
    crew.app.ok(&owner, query, variables).await["shop"].clone()
}

async fn held_at(crew: &Crew, who: &Persona, at: Instant) -> Vec<String> {
    let query = "query($shop: ID!, $id: ID!, $at: DateTime!) { shop(id: $shop) {
        permissionsAt(subAccountId: $id, at: $at) { code } } }";
    codes(&ask(crew, query, json!({ "shop": crew.shop, "id": who.id, "at": at })).await["permissionsAt"])
}

async fn could(crew: &Crew, code: &str, at: Instant) -> Vec<String> {
    let query = "query($shop: ID!, $code: String!, $at: DateTime) { shop(id: $shop) {
        whoCould(permission: $code, at: $at) { total people { name } } } }";
    let answer = ask(crew, query, json!({ "shop": crew.shop, "code": code, "at": at })).await["whoCould"].clone();
    let people = answer["people"].as_array().unwrap();
    assert_eq!(answer["total"], people.len());
    people.iter().map(|who| who["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_10_every_change_can_be_looked_back_at() {
    let crew = Crew::start().await;
    let opened = crew.app.now();
    let step = || {
        crew.app.clock.advance(TimeDelta::minutes(10));
        crew.app.now()
    };
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let hired = step();
    crew.grant(&agent, "refund.approve", json!({ "perAction": { "amount": "200" } })).await;
    let granted = step();
    crew.grant(&agent, "refund.approve", json!({ "validUntil": "2026-11-21T04:25:00Z" })).await;
    crew.revoke_as(&crew.owner, &agent, "refund.reject").await.data();
    let lapsed = step();
    let input = json!({ "subAccountId": agent.id, "positionId": crew.position("FINANCE") });
    crew.call(&crew.owner, "moveSubAccount", input, "").await.data();
    let moved = step();
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": agent.id }), "").await.data();
    let departed = step();
    let input = json!({ "subAccountId": agent.id, "password": PASSWORD });
    crew.call(&crew.owner, "restoreSubAccount", input, "").await.data();
    let back = step();
    let before = opened - TimeDelta::hours(1);
    for (at, wanted) in [
        (before, vec![]),
        (
            hired - TimeDelta::seconds(1),
            vec!["item.read", "order.read", "refund.read", "refund.reject", "refund.review", "desk.serve"],
        ),
        (
            granted - TimeDelta::seconds(1),
            vec![
                "item.read",
                "order.read",
                "refund.read",
                "refund.approve",
                "refund.reject",
                "refund.review",
                "desk.serve",
            ],
        ),
        // 04:20 to 04:30: the grant counts until 04:25.
        (
            granted + TimeDelta::minutes(1),
            vec!["item.read", "order.read", "refund.read", "refund.approve", "refund.review", "desk.serve"],
        ),
        (lapsed - TimeDelta::seconds(1), vec!["item.read", "order.read", "refund.read", "refund.review", "desk.serve"]),
        (moved - TimeDelta::seconds(1), vec!["item.read", "order.read", "refund.read", "audit.read"]),
        (departed - TimeDelta::seconds(1), vec![]),
        (back - TimeDelta::seconds(1), vec!["item.read", "order.read", "refund.read", "audit.read"]),
    ] {
        assert_eq!(held_at(&crew, &agent, at).await, wanted, "{at}");
        let may = wanted.contains(&"refund.approve");
        let mut people = if at == before { vec![] } else { vec![crew.owner.login.clone()] };
        people.extend(may.then(|| agent.login.clone()));
        assert_eq!(could(&crew, "refund.approve", at).await, people, "{at}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_10_a_changed_position_is_remembered_as_it_was() {
    let crew = Crew::start().await;
    let night = crew.add_position("Night", 10, &["refund.approve"]).await;
    let agent = crew.hire_into("agent", &night).await;
    let before = crew.app.now();
    crew.app.clock.advance(TimeDelta::minutes(1));
    let input = json!({ "positionId": night, "permissions": ["refund.read"] });
    crew.call(&crew.owner, "updatePosition", input, "").await.data();
    assert_eq!(held_at(&crew, &agent, before).await, ["refund.approve"]);
    assert_eq!(held_at(&crew, &agent, crew.app.now()).await, ["refund.read"]);
    assert_eq!(could(&crew, "refund.approve", before).await, [crew.owner.login.clone(), agent.login.clone()]);
    assert_eq!(could(&crew, "refund.approve", crew.app.now()).await, [crew.owner.login.as_str()]);
    // The main account alone could ever see what it bought; nobody in a shop may what is the platform's.
    assert_eq!(could(&crew, "bought_items.read", before).await, [crew.owner.login.as_str()]);
    assert_eq!(could(&crew, "platform.audit.read", before).await, Vec::<String>::new());
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_10_explain_answers_for_a_past_moment() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let before = crew.app.now();
    crew.app.clock.advance(TimeDelta::minutes(1));
    crew.grant(&agent, "refund.approve", json!(null)).await;
    let query = "query($input: ExplainInput!) { explain(input: $input) { allowed path { kind } } }";
    let allowed = |at: Option<Instant>| {
        let input = json!({ "input": { "permission": "refund.approve", "at": at } });
        crew.app.ok(&agent, query, input)
    };
    assert_eq!(allowed(Some(before)).await["explain"]["allowed"], false);
    assert_eq!(allowed(None).await["explain"]["allowed"], true);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_future_and_other_shops_are_not_known() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let query = "query($shop: ID!, $id: ID!, $at: DateTime!) { shop(id: $shop) {
        permissionsAt(subAccountId: $id, at: $at) { code } } }";
    let at = |at: &str| json!({ "shop": crew.shop, "id": agent.id, "at": at });
    let late = crew.app.run(Some(&crew.owner.token), query, at("2030-01-01T00:00:00Z")).await;
    assert_eq!(late.code(), "BAD_USER_INPUT");
    let denied = crew.app.run(Some(&agent.token), query, at("2026-11-21T04:00:00Z")).await;
    assert_eq!(denied.code(), "FORBIDDEN", "not even about oneself without staff.read: explain is for that");
    let stranger = crew.app.account("stranger").await;
    let own = crew.app.shop(&stranger).await;
    let variables = json!({ "shop": own, "id": agent.id, "at": "2026-11-21T04:00:00Z" });
    assert_eq!(crew.app.run(Some(&stranger.token), query, variables).await.code(), "NOT_FOUND");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_10_who_was_not_certified_in_time_could_do_nothing_until_they_were() {
    let crew = certifying().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let person = crew.app.account("person").await;
    let hired = crew.app.now();
    let day = |n: i64| hired + TimeDelta::days(n);
    crew.app.clock.set(day(8));
    let (agent, person) = (again(&crew, &agent).await, again(&crew, &person).await);
    certify(&crew, &person, &agent, &mainland_number(7)).await.data();
    let certified = crew.app.now();
    crew.app.clock.advance(TimeDelta::minutes(1));
    for (at, held) in [
        (day(7) - TimeDelta::seconds(1), true),
        (day(7), false),
        (certified - TimeDelta::seconds(1), false),
        (certified, true),
    ] {
        assert_eq!(held_at(&crew, &agent, at).await.contains(&"refund.read".to_owned()), held, "{at}");
        assert_eq!(could(&crew, "refund.read", at).await.contains(&agent.login), held, "{at}");
    }
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_10_time_that_is_given_anew_does_not_change_what_was() {
    let crew = Crew::start().await;
    let agent = crew.hire("agent", "CUSTOMER_SERVICE").await;
    let hired = crew.app.now();
    let day = |n: i64| hired + TimeDelta::days(n);
    let as_owner = async |mutation: &str, input: Value| {
        let owner = again(&crew, &crew.owner).await;
        crew.call(&owner, mutation, input, "subAccount { id }").await.data();
    };
    crew.app.clock.set(day(9));
    as_owner("departSubAccount", json!({ "subAccountId": agent.id })).await;
    crew.app.clock.set(day(10));
    as_owner("restoreSubAccount", json!({ "subAccountId": agent.id, "password": PASSWORD })).await;
    crew.app.clock.set(day(12));
    let owner = again(&crew, &crew.owner).await;
    let query = "query($input: ExplainInput!) { explain(input: $input) { allowed denial { reason } } }";
    for (at, held) in [(day(6), true), (day(8), false), (day(11), true)] {
        assert_eq!(held_at(&crew, &agent, at).await.contains(&"refund.read".to_owned()), held, "{at}");
        assert_eq!(could(&crew, "refund.read", at).await.contains(&agent.login), held, "{at}");
        let input = json!({ "input": { "subAccountId": agent.id, "permission": "refund.read", "at": at } });
        let said = crew.app.ok(&owner, query, input).await["explain"].clone();
        assert_eq!(said["allowed"], held, "{at}: {said}");
        assert_eq!(said["denial"]["reason"] == "NOT_CERTIFIED", !held, "{said}");
    }
    crew.stop().await;
}
