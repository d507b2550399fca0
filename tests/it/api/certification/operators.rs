//! The queue of operators: what rules cannot tell.

use chrono::TimeDelta;
use kith::providers::verify::rules::{Faces, Rules};
use serde_json::json;

use super::{NAME, NUMBER, certification, certified, document, lenient, photo, session, somebody, submit};
use crate::support::app::{Persona, TestApp};

const QUEUE: &str =
    "{ verificationQueue { edges { node { id kind reason region maskedName maskedNumber gesture hasPhoto } } } }";
const OPEN: &str = "mutation($input: OpenVerificationInput!) { openVerification(input: $input) {
    verification { id kind region name number gesture photo } userErrors { code } } }";
const DECIDE: &str = "mutation($input: DecideVerificationInput!) {
    decideVerification(input: $input) { verificationId userErrors { code } } }";

/// A photo that waits for an operator stays until somebody has answered, and the retention counts from then.
#[tokio::test(flavor = "multi_thread")]
async fn r2_4_a_photo_stays_under_the_operators_eyes_until_it_is_decided() {
    let app = TestApp::start_with(|env| {
        env.certification.keep_photos_days = 10;
        env.certification.undecided_photos_days = 60;
    })
    .await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let id = session(&app, &who).await;
    submit(&app, &who, &id, photo()).await.data();
    let folder = format!("faces/{id}");
    app.clock.advance(TimeDelta::days(40));
    app.worker().certify(true).await.unwrap();
    let operator = app.operator(&["platform.certification.review"]).await;
    let queue = app.ok(&operator, QUEUE, json!({})).await;
    let question = queue["verificationQueue"]["edges"][0]["node"]["id"].clone();
    let input = json!({ "input": { "verificationId": question, "reason": "It waits long" } });
    let seen = app.ok(&operator, OPEN, input).await["openVerification"]["verification"].clone();
    assert!(seen["photo"].as_str().unwrap().starts_with("data:image/jpeg"), "older than photos are kept: {seen}");
    app.ok(&operator, DECIDE, json!({ "input": { "verificationId": question, "passed": true } })).await;
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    assert_eq!(certification(&app, &who).await["certified"], json!(true));
    // Ten days from the answer.
    app.clock.advance(TimeDelta::days(9));
    app.worker().certify(true).await.unwrap();
    assert!(app.dump().await.contains(&folder));
    app.clock.advance(TimeDelta::days(2));
    app.worker().certify(true).await.unwrap();
    assert_eq!(app.certifier.photos.delete_below(&folder).await.unwrap(), 0, "the worker deleted it");
    app.verified().await;
    app.stop().await;
}

/// One that nobody answers lapses: its owner is told, loses nothing, and sends another.
#[tokio::test(flavor = "multi_thread")]
async fn r2_4_a_photo_that_nobody_answers_lapses_with_a_message() {
    let app = TestApp::start_with(|env| env.certification.undecided_photos_days = 60).await;
    let who = somebody(&app, "mei", "+8613812345634").await;
    document(&app, &who, "MAINLAND", NUMBER, NAME).await.data();
    let id = session(&app, &who).await;
    submit(&app, &who, &id, photo()).await.data();
    app.clock.advance(TimeDelta::days(60) - TimeDelta::seconds(1));
    app.worker().certify(true).await.unwrap();
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    assert_eq!(certification(&app, &who).await["session"]["state"], "SUBMITTED");
    app.clock.advance(TimeDelta::seconds(1));
    app.worker().certify(true).await.unwrap();
    let seen = certification(&app, &who).await;
    assert_eq!(
        (&seen["session"]["state"], &seen["session"]["reason"], &seen["suspendedAt"]),
        (&json!("FAILED"), &json!("NOT_DECIDED_IN_TIME"), &json!(null))
    );
    let operator = app.operator(&["platform.certification.review"]).await;
    assert_eq!(app.ok(&operator, QUEUE, json!({})).await["verificationQueue"]["edges"], json!([]));
    app.deliver().await;
    let told = app.count("SELECT count(*) FROM notifications WHERE topic = 'certification.photo_lapsed'").await;
    assert_eq!(told, 1);
    session(&app, &who).await;
    app.verified().await;
    app.stop().await;
}

/// A review whose photo lapsed by no fault of its owner gives time for another.
#[tokio::test(flavor = "multi_thread")]
async fn r2_9_a_photo_that_nobody_answers_takes_no_selling_away() {
    let app = lenient(TestApp::start_with(|env| env.certification.undecided_photos_days = 60).await);
    let who = certified(&app, "mei", "+8613812345634").await;
    let app = app.certified_by(|outside| outside.face = std::sync::Arc::new(Rules(Faces::Review)));
    app.clock.advance(TimeDelta::days(397));
    app.worker().certify(true).await.unwrap();
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    let id = session(&app, &who).await;
    submit(&app, &who, &id, photo()).await.data();
    app.clock.advance(TimeDelta::days(60));
    app.worker().certify(true).await.unwrap();
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    let seen = certification(&app, &who).await;
    assert_eq!((&seen["review"]["state"], &seen["certified"]), (&json!("ANNOUNCED"), &json!(true)), "{seen}");
    // Seven days more; who does not use them fails it.
    app.clock.advance(TimeDelta::days(7));
    app.worker().certify(true).await.unwrap();
    let who = Persona { token: app.log_in(&who.login).await, ..who };
    assert_eq!(certification(&app, &who).await["review"]["state"], "LAPSED");
    app.verified().await;
    app.stop().await;
}

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
    // Nobody answers what they have not seen, and a look of somebody else is none.
    let unseen = decide(true, None).await;
    assert_eq!(unseen.user_error("decideVerification"), "OPEN_FIRST", "{unseen:?}");
    let colleague = app.operator(&["platform.certification.review"]).await;
    app.look_at(&colleague, &node["id"]).await;
    assert_eq!(decide(true, None).await.user_error("decideVerification"), "OPEN_FIRST");
    app.look_at(&operator, &node["id"]).await;
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
    app.look_at(&operator, &node["id"]).await;
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
