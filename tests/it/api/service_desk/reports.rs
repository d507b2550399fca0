//! `reportMessage`: unwanted messages are cases for the operator.

use serde_json::{Value, json};

use super::{SEEN, beat, contact, desk, reply};
use crate::support::app::{Answer, Persona, TestApp};

const REPORT: &str =
    "mutation($id: ID!, $remark: String!) { reportMessage(input: { messageId: $id, reason: FRAUD, remark: $remark }) {
    report { id text open } userErrors { code } } }";
const LIST: &str = "query($open: Boolean!) { messageReports(openOnly: $open, first: 10) { edges { node { id text remark reason open finding } } } }";

async fn report(app: &TestApp, who: &Persona, id: &Value, remark: &str) -> Answer {
    app.run(Some(&who.token), REPORT, json!({ "id": id, "remark": remark })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_14_an_unwanted_message_is_reported_and_the_operator_closes_the_case() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["agent"]).await;
    let (buyer, stranger) = (app.account("buyer").await, app.account("stranger").await);
    let operator = app.operator(&["platform.report.handle"]).await;
    beat(&app, &agents[0], &shop, false).await.data();
    let id = contact(&app, &buyer, &shop, "home").await;
    reply(&app, &agents[0], &id, "Send me your password").await.data();
    let messages = app.ok(&buyer, SEEN, json!({ "id": id })).await["conversation"]["messages"].clone();
    let (own, bad) = (&messages[0]["id"], &messages[1]["id"]);
    assert_eq!(report(&app, &buyer, own, "").await.user_error("reportMessage"), "OWN_MESSAGE");
    assert_eq!(report(&app, &stranger, bad, "").await.code(), "NOT_FOUND", "h19: not a message of the stranger's");
    assert_eq!(report(&app, &owner, bad, "").await.code(), "NOT_FOUND");
    assert_eq!(report(&app, &buyer, &json!("chat_nonsense"), "").await.code(), "NOT_FOUND");
    assert_eq!(report(&app, &buyer, bad, &"x".repeat(501)).await.user_error("reportMessage"), "REMARK_INVALID");
    let done = report(&app, &buyer, bad, "They want my password").await.data()["reportMessage"]["report"].clone();
    assert_eq!(done["text"], "Send me your password");
    assert_eq!(report(&app, &buyer, bad, "again").await.user_error("reportMessage"), "ALREADY_REPORTED");

    assert_eq!(app.run(Some(&buyer.token), LIST, json!({ "open": true })).await.code(), "FORBIDDEN");
    let open = app.ok(&operator, LIST, json!({ "open": true })).await["messageReports"]["edges"].clone();
    assert_eq!(open[0]["node"]["remark"], "They want my password");
    assert_eq!(open.as_array().unwrap().len(), 1);
    let close =
        "mutation($id: ID!, $finding: String!) { closeMessageReport(input: { reportId: $id, finding: $finding }) {
        report { open finding } userErrors { code } } }";
    let asked = json!({ "id": done["id"], "finding": "The sender was muted." });
    assert_eq!(app.run(Some(&buyer.token), close, asked.clone()).await.code(), "FORBIDDEN");
    let closed = app.ok(&operator, close, asked.clone()).await["closeMessageReport"]["report"].clone();
    assert_eq!(closed, json!({ "open": false, "finding": "The sender was muted." }));
    assert_eq!(app.run(Some(&operator.token), close, asked).await.user_error("closeMessageReport"), "REPORT_CLOSED");
    assert_eq!(app.ok(&operator, LIST, json!({ "open": true })).await["messageReports"]["edges"], json!([]));
    let mine = "{ viewer { messageReports(first: 5) { edges { node { finding } } } } }";
    let mine = app.ok(&buyer, mine, json!({})).await["viewer"]["messageReports"]["edges"].clone();
    assert_eq!(mine[0]["node"]["finding"], "The sender was muted.");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_14_a_message_of_the_inbox_is_reported() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    let ask = "mutation($login: String!) { requestFriend(input: { login: $login }) { userErrors { code } } }";
    app.ok(&one, ask, json!({ "login": two.login })).await;
    app.deliver().await;
    let inbox = app.ok(&two, "{ viewer { notifications(first: 1) { edges { node { id } } } } }", json!({})).await;
    let id = inbox["viewer"]["notifications"]["edges"][0]["node"]["id"].clone();
    assert_eq!(report(&app, &one, &id, "").await.code(), "NOT_FOUND", "another's inbox");
    assert_eq!(
        report(&app, &two, &id, "I know nobody there").await.data()["reportMessage"]["report"]["open"],
        json!(true)
    );
    app.verified().await;
    app.stop().await;
}
