//! The queue of operators: what rules cannot tell.

use serde_json::json;

use super::{NAME, NUMBER, certification, document, photo, session, somebody, submit};
use crate::support::app::TestApp;

const QUEUE: &str =
    "{ verificationQueue { edges { node { id kind reason region maskedName maskedNumber gesture hasPhoto } } } }";
const OPEN: &str = "mutation($input: OpenVerificationInput!) { openVerification(input: $input) {
    verification { id kind region name number gesture photo } userErrors { code } } }";
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
    assert_eq!((&node["kind"], &node["hasPhoto"]), (&json!("IDENTITY"), &json!(false)));
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
    assert_eq!(node["hasPhoto"], true);
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

#[tokio::test(flavor = "multi_thread")]
async fn r4_18_an_operator_sees_identities_masked_and_opening_one_is_on_record() {
    let app = TestApp::start().await;
    let operator = app.operator(&["platform.certification.review"]).await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let session = session(&app, &who).await;
    submit(&app, &who, &session, photo()).await.data();
    let queue = app.ok(&operator, QUEUE, json!({})).await;
    let node = &queue["verificationQueue"]["edges"][0]["node"];
    assert_eq!((&node["maskedNumber"], &node["hasPhoto"]), (&json!("1***************2X"), &json!(true)), "{node}");
    for whole in [NAME, NUMBER, "data:image"] {
        assert!(!queue.to_string().contains(whole), "{whole}: {queue}");
    }
    let open = |reason: &'static str| {
        let input = json!({ "input": { "verificationId": node["id"], "reason": reason } });
        app.run(Some(&operator.token), OPEN, input)
    };
    for bad in ["", "two\nlines"] {
        let refused = open(bad).await;
        assert_eq!(refused.user_error("openVerification"), "REASON_INVALID", "{bad:?}");
    }
    let input = json!({ "input": { "verificationId": node["id"], "reason": "me" } });
    assert_eq!(app.run(Some(&who.token), OPEN, input).await.code(), "FORBIDDEN");
    let dry = "mutation($input: OpenVerificationInput!) { openVerification(input: $input) @dryRun {
        verification { number } } }";
    let input = json!({ "input": { "verificationId": node["id"], "reason": "A try" } });
    assert_eq!(app.run(Some(&operator.token), dry, input).await.code(), "BAD_USER_INPUT", "no look without a record");
    let seen = open("Case 4711").await.data()["openVerification"]["verification"].clone();
    assert_eq!((&seen["name"], &seen["number"]), (&json!(NAME), &json!(NUMBER)), "{seen}");
    assert!(seen["photo"].as_str().unwrap().starts_with("data:image/jpeg;base64,/9j/"));
    let trail = app.operator(&["platform.audit.read"]).await;
    let query = "query($t: ID!) { auditTrail(filter: { target: $t, action: \"openVerification\" }) {
        edges { node { outcome permission actor { name } detail { key value } } } } }";
    let told = app.ok(&trail, query, json!({ "t": node["id"] })).await;
    let told = told["auditTrail"]["edges"].as_array().unwrap().clone();
    // The look, and the denial before it; what the rules refused showed nothing.
    assert_eq!(told.len(), 1, "{told:?}");
    let told = &told[0]["node"];
    assert_eq!((&told["outcome"], &told["permission"]), (&json!("DONE"), &json!("platform.certification.review")));
    assert_eq!(told["actor"]["name"], json!(operator.login));
    assert!(told["detail"].to_string().contains("Case 4711") && !told.to_string().contains(NUMBER), "{told}");
    let input = json!({ "input": { "verificationId": node["id"], "passed": true } });
    app.ok(&operator, DECIDE, input).await;
    assert_eq!(open("Once more").await.user_error("openVerification"), "ALREADY_DECIDED");
    app.verified().await;
    app.stop().await;
}
