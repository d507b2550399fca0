//! Unusual behaviour restricts an account until it is confirmed: `viewer.restriction`, `confirmActivity`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, Persona, TestApp};
use crate::support::pg::PgServer;

const LOG_IN: &str = "mutation($l: String!, $p: String!) { logIn(input: { login: $l, password: $p }) {
    state token refreshToken pendingToken userErrors { code } } }";
const REFRESH: &str =
    "mutation($t: String!) { refreshSession(input: { refreshToken: $t }) { token userErrors { code } } }";
const CONFIRM_LOG_IN: &str =
    "mutation($t: String!, $c: String!) { confirmLogIn(input: { pendingToken: $t, code: $c }) {
    state token userErrors { code } } }";
const CONFIRM: &str = "mutation($me: Boolean!) { confirmActivity(input: { wasMe: $me }) {
    restricted endedSessions userErrors { code } } }";
const RESTRICTION: &str = "{ viewer { restriction { reason since message } contacts { masked } } }";
const PHONE: &str = "+8613812345634";

/// Uses a refresh token twice, so that the account is restricted.
async fn reuse_a_token(app: &TestApp, who: &Persona) {
    let log_in = app.run(None, LOG_IN, json!({ "l": who.login, "p": PASSWORD })).await.data()["logIn"].clone();
    for said in [json!([]), json!([{ "code": "REFRESH_REUSED" }])] {
        let answer = app.run(None, REFRESH, json!({ "t": log_in["refreshToken"] })).await.data();
        assert_eq!(answer["refreshSession"]["userErrors"], said);
    }
}

async fn step_up_by_code(app: &TestApp, who: &Persona) {
    // Of two messages that go out together none is the newer.
    app.deliver().await;
    app.clock.advance(TimeDelta::seconds(1));
    app.ok(who, "mutation { sendStepUpCode(input: {}) { sentTo } }", json!({})).await;
    let code = app.code_to(PHONE).await;
    let step_up = "mutation($c: String!) { stepUp(input: { code: $c }) { factor userErrors { code } } }";
    assert_eq!(app.ok(who, step_up, json!({ "c": code })).await["stepUp"]["factor"], "CODE");
}

async fn topics(app: &TestApp, who: &Persona) -> Vec<Value> {
    app.deliver().await;
    let inbox = "{ viewer { notifications { edges { node { topic } } } } }";
    let data = app.ok(who, inbox, json!({})).await;
    data["viewer"]["notifications"]["edges"].as_array().unwrap().iter().map(|e| e["node"]["topic"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_13_a_restricted_account_can_be_read_and_confirmed_but_does_nothing_else() {
    let app = TestApp::start().await;
    let (who, seller, buyer) = (app.account("meimei").await, app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "100.00").await;
    let place = "mutation($input: PlaceOrderInput!, $key: String!) {
        placeOrder(input: $input) @idempotent(key: $key) { order { id } userErrors { code } } }";
    let order = |key: &str| json!({ "input": { "shopId": shop, "itemId": item, "quantity": 1 }, "key": key });
    reuse_a_token(&app, &who).await;

    let seen = app.ok(&who, RESTRICTION, json!({})).await["viewer"]["restriction"].clone();
    assert_eq!((&seen["reason"], &seen["since"]), (&json!("TOKEN_REUSED"), &json!("2026-11-21T04:00:00Z")));
    for (mutation, variables) in [
        (place, order("canary-1")),
        ("mutation { sendPhoneCode(input: { phone: \"13812345634\" }) { codeId } }", json!({})),
        (
            "mutation { setNotificationPreference(input: { channel: ACTIVITIES, enabled: false }) { userErrors { code } } }",
            json!({}),
        ),
        ("mutation { disableTotp { done } }", json!({})),
    ] {
        let denied = app.run(Some(&who.token), mutation, variables).await;
        let reason = &denied.0["errors"][0]["extensions"]["reason"];
        assert_eq!((denied.code(), reason), ("FORBIDDEN", &json!("ACCOUNT_RESTRICTED")), "{mutation}: {denied:?}");
    }
    let other = app.run(Some(&buyer.token), place, order("canary-1")).await.data();
    assert!(other["placeOrder"]["order"]["id"].is_string(), "nobody else is restricted");

    assert_eq!(app.run(Some(&who.token), CONFIRM, json!({ "me": true })).await.code(), "STEP_UP_REQUIRED");
    app.step_up(&who).await;
    let confirmed = app.ok(&who, CONFIRM, json!({ "me": true })).await["confirmActivity"].clone();
    assert_eq!(confirmed["restricted"], false, "{confirmed}");
    assert!(app.ok(&who, place, order("canary-2")).await["placeOrder"]["order"]["id"].is_string());
    let again = app.ok(&who, CONFIRM, json!({ "me": true })).await;
    assert_eq!(again["confirmActivity"]["userErrors"][0]["code"], "NOT_RESTRICTED");
    assert_eq!(topics(&app, &who).await, ["security.confirmed", "security.restricted", "security.token_reused"]);
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_13_with_a_phone_bound_the_password_is_not_enough_to_confirm() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let log_in = app.run(None, LOG_IN, json!({ "l": who.login, "p": PASSWORD })).await.data()["logIn"].clone();
    app.bind_phone(&who, PHONE).await;
    for _ in 0..2 {
        app.run(None, REFRESH, json!({ "t": log_in["refreshToken"] })).await.data();
    }
    app.step_up(&who).await;
    let weak = app.run(Some(&who.token), CONFIRM, json!({ "me": true })).await;
    assert_eq!(weak.0["errors"][0]["extensions"]["stepUpFactors"], json!(["CODE"]));
    step_up_by_code(&app, &who).await;
    assert_eq!(app.ok(&who, CONFIRM, json!({ "me": true })).await["confirmActivity"]["restricted"], false);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_13_whoever_guesses_the_code_of_a_new_device_is_reported_and_a_new_password_lifts_it() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, PHONE).await;
    let thief = app.run(None, LOG_IN, json!({ "l": who.login, "p": PASSWORD })).await.data()["logIn"].clone();
    for _ in 0..6 {
        app.run(None, CONFIRM_LOG_IN, json!({ "t": thief["pendingToken"], "c": "0" })).await.data();
    }
    let seen = app.ok(&who, RESTRICTION, json!({})).await["viewer"].clone();
    assert_eq!(seen["restriction"]["reason"], "CODE_GUESSED");
    assert_eq!(seen["contacts"][0]["masked"], "+86138******34", "it can be read");
    step_up_by_code(&app, &who).await;
    let elsewhere = app.ok(&who, "{ viewer { devices { id } } }", json!({})).await;
    assert_eq!(elsewhere["viewer"]["devices"].as_array().unwrap().len(), 1);
    let answer = app.ok(&who, CONFIRM, json!({ "me": false })).await["confirmActivity"].clone();
    assert_eq!(answer, json!({ "restricted": true, "endedSessions": 0, "userErrors": [] }));
    let devices = app.ok(&who, "{ viewer { devices { id } } }", json!({})).await;
    assert_eq!(devices["viewer"]["devices"], json!([]), "every device is forgotten");

    app.clock.advance(TimeDelta::seconds(1));
    let request = "mutation($l: String!) { requestRecovery(input: { login: $l }) { accepted } }";
    app.run(None, request, json!({ "l": who.login })).await.data();
    let code = app.code_to(PHONE).await;
    let reset = "mutation($l: String!, $c: String!) {
        resetPassword(input: { login: $l, code: $c, newPassword: \"a better password\" }) { done userErrors { code } } }";
    assert_eq!(app.run(None, reset, json!({ "l": who.login, "c": code })).await.data()["resetPassword"]["done"], true);
    app.clock.advance(TimeDelta::seconds(1));
    let log_in =
        app.run(None, LOG_IN, json!({ "l": who.login, "p": "a better password" })).await.data()["logIn"].clone();
    let code = app.code_to(PHONE).await;
    let done = app.run(None, CONFIRM_LOG_IN, json!({ "t": log_in["pendingToken"], "c": code })).await.data();
    let who = Persona { token: done["confirmLogIn"]["token"].as_str().unwrap().to_owned(), ..who };
    assert_eq!(app.ok(&who, RESTRICTION, json!({})).await["viewer"]["restriction"], json!(null));
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_r3_13_a_restriction_holds_with_the_next_request_on_every_replica() {
    let postgres = PgServer::start().await;
    let url = postgres.fresh_database().await;
    let (one, two) = (TestApp::start_on(&url, 4).await, TestApp::start_on(&url, 4).await);
    let who = one.account("meimei").await;
    // The other one has seen the session and keeps its actor.
    let switch = "mutation { setNotificationPreference(input: { channel: ACTIVITIES, enabled: true }) {
        preferences { enabled } userErrors { code } } }";
    two.ok(&who, switch, json!({})).await;
    reuse_a_token(&one, &who).await;
    let denied = two.run(Some(&who.token), switch, json!({})).await;
    assert_eq!(denied.0["errors"][0]["extensions"]["reason"], "ACCOUNT_RESTRICTED");
    one.step_up(&who).await;
    one.ok(&who, CONFIRM, json!({ "me": true })).await;
    two.ok(&who, switch, json!({})).await;
    one.stop().await;
    two.stop().await;
}
