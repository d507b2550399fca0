//! What concerns the security of an account stands in its inbox and in its activity log.

use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};

const PHONE: &str = "+8613812345634";

#[tokio::test(flavor = "multi_thread")]
async fn r3_13_unusual_behaviour_raises_an_alert() {
    let app = TestApp::start().await;
    let (who, other) = (app.account("meimei").await, app.account("other").await);
    app.bind_phone(&who, PHONE).await;
    let log_in = "mutation($l: String!, $p: String!) { logIn(input: { login: $l, password: $p }) {
        state refreshToken userErrors { code } } }";
    let waiting = app.run(None, log_in, json!({ "l": who.login, "p": PASSWORD })).await.data();
    assert_eq!(waiting["logIn"]["state"], "PENDING");
    app.deliver().await;
    let inbox = "{ viewer { notifications { edges { node { topic title } } } } }";
    let told = async |who| {
        let data = app.ok(who, inbox, json!({})).await;
        let edges = data["viewer"]["notifications"]["edges"].as_array().unwrap().clone();
        edges.iter().map(|edge| edge["node"]["topic"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(told(&who).await, ["security.new_device", "contact.bound"]);
    assert!(told(&other).await.is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_14_the_activity_log_tells_what_was_done_and_what_was_tried() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, PHONE).await;
    let log_in = "mutation($l: String!) { logIn(input: { login: $l, password: \"not the password\" }) { state } }";
    app.run(None, log_in, json!({ "l": who.login })).await.data();
    let log = "{ viewer { auditTrail(last: 20) { edges { node { action ip at } } } } }";
    let data = app.ok(&who, log, json!({})).await;
    let edges = data["viewer"]["auditTrail"]["edges"].as_array().unwrap().clone();
    let mut actions: Vec<&str> = edges.iter().map(|edge| edge["node"]["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["bindContact", "logIn", "logInFailed", "registerAccount", "sendContactCode"]);
    assert!(edges.iter().all(|edge| edge["node"]["ip"] == "127.0.0.1"));
    app.stop().await;
}
