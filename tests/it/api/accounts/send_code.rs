//! `sendPhoneCode`, `sendEmailCode`, `viewer.codeDelivery` and `devOutbox`.

use std::sync::Arc;

use kith::providers::messages::{MessageSender, NoSender};
use kith::worker::Worker;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::app::{self, Persona, TestApp};

const SEND: &str = "mutation($input: SendPhoneCodeInput!) { sendPhoneCode(input: $input) {
    codeId sentTo expiresAt sendsLeft userErrors { code field message } } }";
const SEND_EMAIL: &str = "mutation($input: SendEmailCodeInput!) { sendEmailCode(input: $input) {
    sentTo userErrors { code } } }";
const DELIVERY: &str = "query($id: ID!) { viewer { codeDelivery(codeId: $id) { state failure } } }";
const PHONE: &str = "+8613812345634";

async fn send(app: &TestApp, who: &Persona, phone: &str) -> Value {
    app.ok(who, SEND, json!({ "input": { "phone": phone } })).await["sendPhoneCode"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_1_an_account_without_a_phone_is_prompted_and_a_log_in_is_needed() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let advice = "{ viewer { securityAdvice { code message } contacts { masked } } }";
    let viewer = app.ok(&who, advice, json!({})).await["viewer"].clone();
    assert_eq!(viewer["securityAdvice"][0]["code"], "BIND_PHONE");
    let anonymous = app.run(None, SEND, json!({ "input": { "phone": PHONE } })).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
    app.bind_phone(&who, PHONE).await;
    let viewer = app.ok(&who, advice, json!({})).await["viewer"].clone();
    assert_eq!(viewer["contacts"][0]["masked"], "+86138******34");
    assert_eq!(viewer["securityAdvice"][0]["code"], "BIND_SECOND_CONTACT");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_3_a_malformed_number_or_address_has_its_own_error() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    for bad in ["", "12345", "+86 10 6552 9988", "+1 900 234 5678", &"1".repeat(50_000), "\u{0}", "13812345634 ext 5"] {
        let refused = send(&app, &who, bad).await;
        assert_eq!(refused["userErrors"][0]["code"], "PHONE_INVALID", "{bad:.30}");
        assert_eq!(refused["userErrors"][0]["field"], json!(["input", "phone"]));
    }
    let email = app.run(Some(&who.token), SEND_EMAIL, json!({ "input": { "email": "nothing" } })).await;
    assert_eq!(email.user_error("sendEmailCode"), "EMAIL_INVALID");
    app.deliver().await;
    assert!(app.outbox.newest(9).is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_4_five_sends_within_the_window_whatever_the_number() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    for left in (0..5).rev() {
        let sent = send(&app, &who, &format!("+861381234560{left}")).await;
        assert_eq!(sent["sendsLeft"], left, "{sent}");
    }
    let refused = send(&app, &who, PHONE).await;
    assert_eq!(refused["userErrors"][0]["code"], "CODE_SENDS_USED_UP");
    assert_eq!(refused["codeId"], json!(null));
    app.deliver().await;
    assert_eq!(app.outbox.newest(100).len(), 5, "the sixth message is not sent");
    app.clock.advance(chrono::TimeDelta::minutes(61));
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    assert_eq!(send(&app, &who, PHONE).await["sendsLeft"], 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_number_is_not_flooded_by_many_accounts() {
    let app = TestApp::start().await;
    let mut last = Value::Null;
    for _ in 0..5 {
        let who = app.account("bot").await;
        for _ in 0..5 {
            last = send(&app, &who, PHONE).await;
        }
    }
    assert_eq!(last["userErrors"][0]["code"], "CODE_SENDS_USED_UP");
    app.deliver().await;
    assert_eq!(app.outbox.newest(100).len(), 20, "as many as the configuration has for a day");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_nothing() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let dry = SEND.replace("(input: $input) {", "(input: $input) @dryRun {");
    app.ok(&who, &dry, json!({ "input": { "phone": PHONE } })).await;
    app.deliver().await;
    assert!(app.outbox.newest(9).is_empty());
    assert_eq!(send(&app, &who, PHONE).await["sendsLeft"], 4, "nor is it counted");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_6_a_failed_send_says_so_does_not_count_and_can_be_retried() {
    let app = TestApp::start().await;
    let (who, other) = (app.account("meimei").await, app.account("other").await);
    let first = send(&app, &who, PHONE).await;
    let state = async |code: &Value| {
        app.ok(&who, DELIVERY, json!({ "id": code["codeId"] })).await["viewer"]["codeDelivery"].clone()
    };
    assert_eq!(state(&first).await["state"], "QUEUED");
    let broken = Worker::new(Arc::clone(&app.door), Vec::new(), app::config().worker)
        .with_sender(Arc::new(NoSender) as Arc<dyn MessageSender>, app::config().messages);
    broken.send(&CancellationToken::new()).await.unwrap();
    assert_eq!(state(&first).await, json!({ "state": "FAILED", "failure": "PROVIDER_FAULT" }));
    let bind =
        "mutation($phone: String!) { bindPhone(input: { phone: $phone, code: \"000000\" }) { userErrors { code } } }";
    let tried = app.run(Some(&who.token), bind, json!({ "phone": PHONE })).await;
    assert_eq!(tried.user_error("bindPhone"), "CODE_NOT_SENT");
    let second = send(&app, &who, PHONE).await;
    assert_eq!(second["sendsLeft"], first["sendsLeft"], "what was not sent does not count");
    app.deliver().await;
    assert_eq!(state(&second).await, json!({ "state": "SENT", "failure": null }));
    assert_eq!(state(&first).await, json!(null), "the new one took its place");
    let foreign = app.ok(&other, DELIVERY, json!({ "id": second["codeId"] })).await;
    assert_eq!(foreign["viewer"]["codeDelivery"], json!(null), "another's code does not exist");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_speak_the_language_of_the_request() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let input = json!({ "input": { "phone": PHONE } });
    app.run_in(Some(&who.token), SEND, input, kith::kernel::Locale::ZhCn).await.data();
    let shown = "{ devOutbox(first: 1) { channel template to text at } }";
    assert_eq!(app.ok(&who, shown, json!({})).await["devOutbox"], json!([]));
    app.deliver().await;
    let shown = app.ok(&who, shown, json!({})).await["devOutbox"][0].clone();
    assert_eq!(
        (&shown["channel"], &shown["template"], &shown["to"]),
        (&json!("SMS"), &json!("code.bind"), &json!(PHONE))
    );
    assert!(shown["text"].as_str().unwrap().contains("10 分钟内有效"), "{shown}");
    app.stop().await;
}
