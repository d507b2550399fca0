//! `stepUp` and what asks for it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, Persona, TestApp};

const STEP_UP: &str =
    "mutation($input: StepUpInput!) { stepUp(input: $input) { until factor userErrors { code field } } }";
const SEND: &str = "mutation($id: ID) { sendStepUpCode(input: { contactId: $id }) { sentTo userErrors { code } } }";
/// Needs a step-up, by whatever factor.
const ENROL: &str = "mutation { enrolTotp { secret uri userErrors { code } } }";
/// Needs a step-up by more than the password.
const DISABLE: &str = "mutation { disableTotp { done userErrors { code } } }";
const PHONE: &str = "+8613812345634";

async fn step_up(app: &TestApp, who: &Persona, input: Value) -> Value {
    app.ok(who, STEP_UP, json!({ "input": input })).await["stepUp"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_10_a_sensitive_action_asks_for_a_factor_and_says_which_would_help() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let denied = app.run(Some(&who.token), ENROL, json!({})).await;
    assert_eq!(denied.code(), "STEP_UP_REQUIRED");
    let extensions = &denied.0["errors"][0]["extensions"];
    assert_eq!((&extensions["stepUp"], &extensions["stepUpFactors"]), (&json!("PASSWORD"), &json!(["PASSWORD"])));
    let strong = app.run(Some(&who.token), DISABLE, json!({})).await;
    assert_eq!(strong.code(), "STEP_UP_REQUIRED");
    assert!(strong.0["errors"][0]["extensions"]["stepUpFactors"].is_null(), "there is none: {strong:?}");
    app.bind_phone(&who, PHONE).await;
    let strong = app.run(Some(&who.token), DISABLE, json!({})).await;
    assert_eq!(strong.0["errors"][0]["extensions"]["stepUpFactors"], json!(["CODE"]));

    let done = step_up(&app, &who, json!({ "password": PASSWORD })).await;
    assert_eq!((&done["factor"], &done["until"]), (&json!("PASSWORD"), &json!("2026-11-21T04:15:00Z")));
    assert!(app.ok(&who, ENROL, json!({})).await["enrolTotp"]["secret"].is_string());
    assert_eq!(app.run(Some(&who.token), DISABLE, json!({})).await.code(), "STEP_UP_REQUIRED", "not by the password");
    app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(app.run(Some(&who.token), ENROL, json!({})).await.code(), "STEP_UP_REQUIRED", "it has an age");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_10_a_code_to_a_bound_contact_makes_the_session_strong_and_no_other_session() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let nobody = app.ok(&who, SEND, json!({})).await;
    assert_eq!(nobody["sendStepUpCode"]["userErrors"][0]["code"], "NO_CONTACT");
    let elsewhere = Persona { token: app.log_in(&who.login).await, ..who.clone() };
    app.bind_phone(&who, PHONE).await;
    assert_eq!(app.ok(&who, SEND, json!({})).await["sendStepUpCode"]["sentTo"], "+86138******34");
    let code = app.code_to(PHONE).await;
    let wrong = step_up(&app, &who, json!({ "code": "0" })).await;
    assert_eq!(wrong["userErrors"][0], json!({ "code": "CODE_WRONG", "field": ["input", "code"] }));
    let done = step_up(&app, &who, json!({ "code": code })).await;
    assert_eq!(done["factor"], "CODE", "{done}");
    assert_eq!(app.ok(&who, DISABLE, json!({})).await["disableTotp"]["userErrors"][0]["code"], "TOTP_NOT_ACTIVE");
    assert_eq!(app.run(Some(&elsewhere.token), DISABLE, json!({})).await.code(), "STEP_UP_REQUIRED");
    let again = step_up(&app, &elsewhere, json!({ "code": code })).await;
    assert_eq!(again["userErrors"][0]["code"], "CODE_NOT_ASKED", "h32: once");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_takes_one_factor_and_counts_within_the_same_request() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    for input in
        [json!({}), json!({ "password": PASSWORD, "totp": "123456" }), json!({ "code": "1", "recoveryCode": "2" })]
    {
        assert_eq!(app.run(Some(&who.token), STEP_UP, json!({ "input": input })).await.code(), "BAD_USER_INPUT");
    }
    let both = "mutation($p: String!) { stepUp(input: { password: $p }) { factor } enrolTotp { secret } }";
    assert!(app.ok(&who, both, json!({ "p": PASSWORD })).await["enrolTotp"]["secret"].is_string());
    let dry = STEP_UP.replace("stepUp(input: $input)", "stepUp(input: $input) @dryRun");
    let answer = app.run(Some(&who.token), &dry, json!({ "input": { "totp": "123456" } })).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT", "h32: a dry run is no free try");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_10_a_field_declares_how_old_a_step_up_may_be_and_the_schema_shows_it() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    assert!(schema.contains("enrolTotp: EnrolTotpPayload! @requires(account: true) @stepUp(minutes: 15)"));
    let enrol = "mutation { enrolTotp { uri userErrors { code } } }";
    let denied = app.run(Some(&who.token), enrol, json!({})).await;
    assert_eq!(
        (denied.code(), &denied.0["errors"][0]["extensions"]["stepUpFactors"]),
        ("STEP_UP_REQUIRED", &json!(["PASSWORD"]))
    );
    // Earlier in the same request counts, too old does not.
    let both = "mutation($p: String!) { stepUp(input: { password: $p }) { factor } enrolTotp { uri } }";
    let done = app.ok(&who, both, json!({ "p": PASSWORD })).await;
    assert!(done["enrolTotp"]["uri"].is_string(), "{done}");
    app.clock.advance(TimeDelta::minutes(14));
    app.ok(&who, enrol, json!({})).await;
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(app.run(Some(&who.token), enrol, json!({})).await.code(), "STEP_UP_REQUIRED");
    app.stop().await;
}
