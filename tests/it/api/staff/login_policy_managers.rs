//! A manager with an account of their own logs in to no shop, so their seat is held to its log-in policy with every request
//! (requirements 4.19, 4.20).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::crew::Crew;
use super::invite_manager::invite;
use crate::support::app::{PASSWORD, Persona};

async fn set(crew: &Crew, mut policy: Value) {
    policy["positionId"] = json!(crew.position("CUSTOMER_SERVICE"));
    let answer = crew.call(&crew.owner, "setLoginPolicy", policy, "positionId").await;
    assert_eq!(answer.user_error("setLoginPolicy"), "", "{answer:?}");
}

/// An account that works for the shop, and its seat.
async fn manager(crew: &Crew) -> (Persona, Persona) {
    let own = crew.app.account("manager").await;
    let asked = invite(crew, &crew.owner, &own.login, "mo", "CUSTOMER_SERVICE").await.data();
    let id = asked["inviteManager"]["subAccount"]["id"].as_str().unwrap().to_owned();
    crew.call(&own, "acceptManagerInvitation", json!({ "invitationId": id }), "invitation { state }").await.data();
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code } } }";
    let input = json!({ "input": { "login": own.login, "password": PASSWORD, "client": "WEB" } });
    let token = crew.app.run(None, query, input).await.data()["logIn"]["token"].as_str().unwrap().to_owned();
    let own = Persona { token, ..own };
    (own.clone(), Persona { id, ..own })
}

/// Why somebody may not list refunds; nothing when they may.
async fn refused(crew: &Crew, who: &Persona) -> String {
    let query = "query($id: ID!) { shop(id: $id) { refunds(first: 1) { edges { cursor } } } }";
    let answer = crew.app.run(Some(&who.token), query, json!({ "id": crew.shop })).await;
    answer.extensions()["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_a_managers_seat_is_open_only_as_the_shops_policy_allows() {
    let crew = Crew::start().await;
    let (own, _) = manager(&crew).await;
    assert_eq!(refused(&crew, &own).await, "");
    // It is noon of a Saturday in Shanghai. Each policy holds with the next request of a session that is open.
    for (policy, wanted) in [
        (json!({ "hours": { "from": "13:00", "until": "18:00" } }), "OUTSIDE_LOGIN_HOURS"),
        (json!({ "days": [1, 2, 3, 4, 5] }), "OUTSIDE_LOGIN_DAYS"),
        (json!({ "clients": ["SELLER_APP"] }), "CLIENT_NOT_ALLOWED"),
        (json!({ "methods": ["PHONE_CODE"] }), "METHOD_NOT_ALLOWED"),
        (json!({ "clients": ["WEB"], "methods": ["PASSWORD"], "days": [6] }), ""),
        (json!({ "hours": { "from": "13:00", "until": "18:00" } }), "OUTSIDE_LOGIN_HOURS"),
    ] {
        set(&crew, policy.clone()).await;
        assert_eq!(refused(&crew, &own).await, wanted, "{policy}");
    }
    // Nothing but the clock moves.
    crew.app.clock.advance(TimeDelta::hours(1));
    assert_eq!(refused(&crew, &own).await, "");
    crew.app.clock.advance(TimeDelta::hours(5));
    assert_eq!(refused(&crew, &own).await, "OUTSIDE_LOGIN_HOURS");
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_the_policy_of_one_shop_is_not_that_of_another() {
    let crew = Crew::start().await;
    let (own, _) = manager(&crew).await;
    set(&crew, json!({ "days": [1] })).await;
    assert_eq!(refused(&crew, &own).await, "OUTSIDE_LOGIN_DAYS");
    let there = Crew::on(crew.app).await;
    let asked = invite(&there, &there.owner, &own.login, "mo", "CUSTOMER_SERVICE").await.data();
    let id = asked["inviteManager"]["subAccount"]["id"].as_str().unwrap().to_owned();
    there.call(&own, "acceptManagerInvitation", json!({ "invitationId": id }), "invitation { state }").await.data();
    assert_eq!(refused(&there, &own).await, "", "no policy, no limit");
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_6_explain_knows_what_keeps_a_manager_out() {
    let crew = Crew::start().await;
    let (own, seat) = manager(&crew).await;
    set(&crew, json!({ "hours": { "from": "13:00", "until": "18:00" }, "clients": ["SELLER_APP"] })).await;
    let query = "query($input: ExplainInput!) { explain(input: $input) {
        allowed denial { reason message } path { kind } notes { kind } smallestChange { kind } } }";
    let input = json!({ "subAccountId": seat.id, "permission": "refund.read" });
    for who in [&own, &crew.owner] {
        let seen = crew.app.ok(who, query, json!({ "input": input })).await["explain"].clone();
        assert_eq!((&seen["allowed"], &seen["denial"]["reason"]), (&json!(false), &json!("OUTSIDE_LOGIN_HOURS")));
        assert!(seen["denial"]["message"].as_str().unwrap().contains("13:00"), "{seen}");
        let last = seen["path"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["kind"], &seen["smallestChange"]["kind"]),
            (&json!("LOGIN_POLICY"), &json!("CHANGE_LOGIN_POLICY"))
        );
    }
    crew.app.clock.advance(TimeDelta::hours(1));
    let seen = crew.app.ok(&own, query, json!({ "input": input })).await["explain"].clone();
    assert_eq!(seen["denial"]["reason"], "CLIENT_NOT_ALLOWED", "one's own session is known: {seen}");
    let seen = crew.app.ok(&crew.owner, query, json!({ "input": input })).await["explain"].clone();
    assert_eq!(seen["allowed"], true, "that of somebody else is not: {seen}");
    let notes: Vec<_> = seen["notes"].as_array().unwrap().iter().map(|note| note["kind"].clone()).collect();
    assert!(notes.contains(&json!("LOGIN_POLICY")), "{seen}");
    crew.stop().await;
}
