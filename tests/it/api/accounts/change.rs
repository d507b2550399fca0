//! `changePhone`.

use serde_json::{Value, json};

use crate::support::app::{Persona, TestApp};

const SEND: &str = "mutation($phone: String!) { sendPhoneCode(input: { phone: $phone, purpose: CHANGE }) {
    codeId userErrors { code } } }";
const CHANGE: &str = "mutation($id: ID!, $phone: String!, $code: String!) {
    changePhone(input: { contactId: $id, phone: $phone, code: $code }) { contact { id masked } userErrors { code } } }";
const OLD: &str = "+8613812345634";
const NEW: &str = "+8613912345678";

async fn masked(app: &TestApp, who: &Persona) -> Value {
    app.ok(who, "{ viewer { contacts { masked } } }", json!({})).await["viewer"]["contacts"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_7_the_code_goes_to_the_new_number_and_the_old_one_gets_a_notice() {
    let app = TestApp::start().await;
    let (who, other) = (app.account("meimei").await, app.account("other").await);
    let old = app.bind_phone(&who, OLD).await;
    app.ok(&who, SEND, json!({ "phone": NEW })).await;
    let code = app.code_to(NEW).await;
    let variables = json!({ "id": old, "phone": NEW, "code": code });
    let weak = app.run(Some(&who.token), CHANGE, variables.clone()).await;
    assert_eq!(weak.code(), "STEP_UP_REQUIRED", "3.10: an open session is not enough");
    assert_eq!(weak.0["errors"][0]["extensions"]["stepUpFactors"], json!(["PASSWORD", "CODE"]));
    app.step_up(&who).await;
    assert_eq!(app.run(Some(&other.token), CHANGE, variables.clone()).await.code(), "NOT_FOUND", "another's contact");
    let changed = app.ok(&who, CHANGE, variables.clone()).await["changePhone"].clone();
    assert_eq!(changed["contact"]["masked"], "+86139******78", "{changed}");
    assert_eq!(masked(&app, &who).await, json!([{ "masked": "+86139******78" }]));
    app.deliver().await;
    let notice = app.outbox.newest(1).remove(0).message;
    assert_eq!((notice.template.as_str(), notice.to.expose().as_str()), ("notice.contact_changed", OLD));
    assert!(!notice.text.expose().contains(NEW), "the old number does not learn the new one");
    assert_eq!(app.run(Some(&who.token), CHANGE, variables).await.code(), "NOT_FOUND", "it is not bound any more");
    // The old number is free.
    app.bind_phone(&other, OLD).await;
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_the_same_or_to_a_taken_number_changes_nothing() {
    let app = TestApp::start().await;
    let (who, other) = (app.account("meimei").await, app.account("other").await);
    let old = app.bind_phone(&who, OLD).await;
    app.bind_phone(&other, NEW).await;
    app.step_up(&who).await;
    for (phone, refusal) in [(OLD, "PHONE_ALREADY_BOUND"), (NEW, "PHONE_TAKEN")] {
        app.ok(&who, SEND, json!({ "phone": phone })).await;
        let code = app.code_to(phone).await;
        let answer = app.run(Some(&who.token), CHANGE, json!({ "id": old, "phone": phone, "code": code })).await;
        assert_eq!(answer.user_error("changePhone"), refusal);
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    assert_eq!(masked(&app, &who).await, json!([{ "masked": "+86138******34" }]));
    app.stop().await;
}
