//! `confirmLogIn`: a device that is not known needs a code.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) {
    state token refreshToken deviceToken pendingToken codeSentTo factors expiresAt userErrors { code } } }";
const CONFIRM: &str = "mutation($pending: String!, $code: String!) {
    confirmLogIn(input: { pendingToken: $pending, code: $code }) {
      state token refreshToken deviceToken userErrors { code } } }";
const VIEWER: &str = "{ viewer { login } }";
const PHONE: &str = "+8613812345634";

async fn log_in(app: &TestApp, login: &str, device: Option<&Value>) -> Value {
    let input = json!({ "input": { "login": login, "password": PASSWORD, "deviceToken": device } });
    app.run(None, LOG_IN, input).await.data()["logIn"].clone()
}

async fn confirm(app: &TestApp, pending: &Value, code: &str) -> Value {
    app.run(None, CONFIRM, json!({ "pending": pending, "code": code })).await.data()["confirmLogIn"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_10_a_new_device_needs_a_code_and_is_known_afterwards() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, PHONE).await;
    let waiting = log_in(&app, &who.login, None).await;
    assert_eq!((&waiting["state"], &waiting["token"]), (&json!("PENDING"), &json!(null)), "{waiting}");
    assert_eq!((&waiting["codeSentTo"], &waiting["factors"]), (&json!("+86138******34"), &json!(["CODE"])));
    let pending = &waiting["pendingToken"];
    for query in [VIEWER, "{ viewer { contacts { id } } }", "mutation { logOut { done } }"] {
        let answer = app.run(pending.as_str(), query, json!({})).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "a log-in that waits is no session");
    }
    app.code_to(PHONE).await;
    app.clock.advance(TimeDelta::seconds(1));
    let by_number = log_in(&app, "138 1234 5634", None).await;
    assert_eq!(by_number["state"], "PENDING", "1.7");
    let (pending, code) = (&by_number["pendingToken"], app.code_to(PHONE).await);
    assert_eq!(confirm(&app, pending, "0").await["userErrors"][0]["code"], "CODE_WRONG");
    let done = confirm(&app, pending, &code).await;
    assert_eq!(done["state"], "ACTIVE", "{done}");
    assert_ne!(done["token"], *pending, "h34: the session has a token of its own");
    app.run(done["token"].as_str(), VIEWER, json!({})).await.data();
    assert_eq!(app.run(pending.as_str(), VIEWER, json!({})).await.code(), "UNAUTHENTICATED");
    assert_eq!(confirm(&app, pending, &code).await["userErrors"][0]["code"], "LOG_IN_EXPIRED", "once");

    let known = log_in(&app, &who.login, Some(&done["deviceToken"])).await;
    assert_eq!((&known["state"], &known["deviceToken"]), (&json!("ACTIVE"), &json!(null)));
    let other = app.account("other").await;
    app.bind_phone(&other, "+8613912345678").await;
    let foreign = log_in(&app, &other.login, Some(&done["deviceToken"])).await;
    assert_eq!(foreign["state"], "PENDING", "another account does not know the device");
    assert!(!app.dump().await.contains("8613812345634"), "h35: also when it was the number that was typed");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_10_a_known_device_that_failed_often_needs_a_code_as_well() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let first = log_in(&app, &who.login, None).await;
    app.bind_phone(&who, PHONE).await;
    let wrong =
        json!({ "input": { "login": who.login, "password": "not the password", "deviceToken": first["deviceToken"] } });
    for _ in 0..5 {
        app.run(None, LOG_IN, wrong.clone()).await.data();
    }
    app.clock.advance(TimeDelta::seconds(3));
    assert_eq!(log_in(&app, &who.login, Some(&first["deviceToken"])).await["state"], "PENDING", "unusual");
    assert_eq!(log_in(&app, &who.login, Some(&first["deviceToken"])).await["state"], "ACTIVE", "once");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h33_strangers_who_guess_do_not_lock_a_known_device_out() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let first = log_in(&app, &who.login, None).await;
    let wrong = json!({ "input": { "login": who.login, "password": "not the password" } });
    for _ in 0..6 {
        app.run(None, LOG_IN, wrong.clone()).await.data();
    }
    assert_eq!(log_in(&app, &who.login, None).await["userErrors"][0]["code"], "TOO_MANY_TRIES");
    assert_eq!(log_in(&app, &who.login, Some(&first["deviceToken"])).await["state"], "ACTIVE");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_waits_as_long_as_its_code_and_a_newer_one_takes_its_place() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, PHONE).await;
    let first = log_in(&app, &who.login, None).await;
    app.code_to(PHONE).await;
    app.clock.advance(TimeDelta::seconds(1));
    let second = log_in(&app, &who.login, None).await;
    let code = app.code_to(PHONE).await;
    assert_eq!(confirm(&app, &first["pendingToken"], &code).await["userErrors"][0]["code"], "LOG_IN_EXPIRED");
    app.clock.advance(TimeDelta::minutes(11));
    assert_eq!(confirm(&app, &second["pendingToken"], &code).await["userErrors"][0]["code"], "LOG_IN_EXPIRED");
    for forged in ["", "kith_forged", "x"] {
        assert_eq!(confirm(&app, &json!(forged), &code).await["userErrors"][0]["code"], "LOG_IN_EXPIRED");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h20_an_account_that_is_disabled_meanwhile_is_not_confirmed() {
    let app = TestApp::start().await;
    let (who, operator) = (app.account("meimei").await, app.operator(&["platform.account.disable"]).await);
    app.bind_phone(&who, PHONE).await;
    let waiting = log_in(&app, &who.login, None).await;
    let code = app.code_to(PHONE).await;
    let disable = "mutation($id: ID!) { disableAccount(input: { accountId: $id }) { userErrors { code } } }";
    app.ok(&operator, disable, json!({ "id": who.id })).await;
    assert_eq!(confirm(&app, &waiting["pendingToken"], &code).await["userErrors"][0]["code"], "LOG_IN_EXPIRED");
    assert_eq!(log_in(&app, &who.login, None).await["userErrors"][0]["code"], "WRONG_CREDENTIALS");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_asked_is_let_in_and_its_device_is_known() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let first = log_in(&app, &who.login, None).await;
    assert_eq!(first["state"], "ACTIVE");
    app.bind_phone(&who, PHONE).await;
    assert_eq!(log_in(&app, &who.login, Some(&first["deviceToken"])).await["state"], "ACTIVE");
    assert_eq!(log_in(&app, &who.login, None).await["state"], "PENDING");
    app.stop().await;
}
