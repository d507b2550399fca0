//! The queue of operators: what rules cannot tell.

use serde_json::json;

use super::{NAME, NUMBER, certification, document, photo, session, somebody, submit};
use crate::support::app::TestApp;

const QUEUE: &str = "{ verificationQueue { edges { node { id kind reason region name number gesture photo } } } }";
const DECIDE: &str = "mutation($input: DecideVerificationInput!) {
    decideVerification(input: $input) { verificationId userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r2_4_what_rules_cannot_tell_an_operator_decides_behind_a_permission() {
    let app = TestApp::start().await;
    let operator = app.operator(&["platform.certification.review"]).await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    let waiting = document(&app, &who, "HONG_KONG", "A123456(3)", NAME).await.data();
    assert_eq!(waiting["certifyByDocument"]["certification"]["realName"]["state"], "WAITING");
    assert_eq!(
        document(&app, &who, "MAINLAND", NUMBER, NAME).await.user_error("certifyByDocument"),
        "CERTIFICATION_WAITING"
    );
    assert_eq!(app.run(Some(&who.token), QUEUE, json!({})).await.code(), "FORBIDDEN");
    let queue = app.ok(&operator, QUEUE, json!({})).await;
    let node = &queue["verificationQueue"]["edges"][0]["node"];
    assert_eq!((&node["kind"], &node["number"], &node["name"]), (&json!("IDENTITY"), &json!("A1234563"), &json!(NAME)));
    let decide = |passed: bool, reason: Option<&'static str>| {
        let input = json!({ "input": { "verificationId": node["id"], "passed": passed, "reason": reason } });
        app.run(Some(&operator.token), DECIDE, input)
    };
    let own = json!({ "input": { "verificationId": node["id"], "passed": true } });
    assert_eq!(app.run(Some(&who.token), DECIDE, own).await.code(), "FORBIDDEN", "nobody decides over themselves");
    assert_eq!(decide(false, None).await.user_error("decideVerification"), "REASON_INVALID");
    decide(false, Some("The name is another one.")).await.data();
    assert_eq!(decide(true, None).await.user_error("decideVerification"), "ALREADY_DECIDED");
    assert_eq!(certification(&app, &who).await["realName"]["reason"], "The name is another one.");
    // The identity is free again, and so is the way of another document.
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let id = session(&app, &who).await;
    let sent = submit(&app, &who, &id, photo()).await.data();
    assert_eq!(sent["submitPersonPhoto"]["session"]["state"], "SUBMITTED", "no verifier: an operator looks");
    let queue = app.ok(&operator, QUEUE, json!({})).await;
    let node = &queue["verificationQueue"]["edges"][0]["node"];
    assert_eq!((&node["kind"], &node["reason"]), (&json!("FACE"), &json!("NO_VERIFIER")));
    assert!(node["photo"].as_str().unwrap().starts_with("data:image/jpeg;base64,/9j/"));
    let input = json!({ "input": { "verificationId": node["id"], "passed": true } });
    app.ok(&operator, DECIDE, input).await;
    assert_eq!(certification(&app, &who).await["certified"], json!(true));
    assert_eq!(app.ok(&operator, QUEUE, json!({})).await["verificationQueue"]["edges"], json!([]));
    let trail = app.operator(&["platform.audit.read"]).await;
    let seen = app.ok(&trail, "{ auditTrail(last: 5) { edges { node { action actor { name } } } } }", json!({})).await;
    assert!(seen.to_string().contains("decideVerification") && seen.to_string().contains(&operator.login), "{seen}");
    app.verified().await;
    app.stop().await;
}
