//! `unbindContact`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::PgServer;

const SEND: &str = "mutation($id: ID!) { sendUnbindCode(input: { contactId: $id }) { sentTo userErrors { code } } }";
const UNBIND: &str = "mutation($id: ID!, $code: String!, $sure: Boolean!) {
    unbindContact(input: { contactId: $id, code: $code, confirmed: $sure }) {
      contact { id } advice { code } userErrors { code } } }";
const PHONE: &str = "+8613812345634";

async fn unbind(app: &TestApp, who: &Persona, id: &str, code: &str, sure: bool) -> Answer {
    app.run(Some(&who.token), UNBIND, json!({ "id": id, "code": code, "sure": sure })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_8_unbinding_takes_a_code_a_confirmation_and_another_way_to_recover() {
    let app = TestApp::start().await;
    let (who, other) = (app.account("meimei").await, app.account("other").await);
    let phone = app.bind_phone(&who, PHONE).await;
    app.ok(&who, SEND, json!({ "id": phone })).await;
    let code = app.code_to(PHONE).await;
    assert_eq!(unbind(&app, &who, &phone, &code, true).await.user_error("unbindContact"), "LAST_RECOVERY");
    app.step_up(&who).await;
    app.bind_email(&who, "wang@example.com").await;
    assert_eq!(unbind(&app, &who, &phone, &code, false).await.user_error("unbindContact"), "NOT_CONFIRMED");
    assert_eq!(unbind(&app, &who, &phone, "", true).await.user_error("unbindContact"), "CODE_WRONG");
    assert_eq!(unbind(&app, &other, &phone, &code, true).await.code(), "NOT_FOUND");
    let done = unbind(&app, &who, &phone, &code, true).await.data()["unbindContact"].clone();
    assert_eq!(done["userErrors"], json!([]));
    let advice: Vec<&Value> = done["advice"].as_array().unwrap().iter().map(|a| &a["code"]).collect();
    assert_eq!(advice, ["BIND_PHONE", "BIND_SECOND_CONTACT"], "a reminder to secure the account another way");
    assert_eq!(unbind(&app, &who, &phone, &code, true).await.code(), "NOT_FOUND");
    app.bind_phone(&other, PHONE).await;
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_r3_8_two_unbindings_at_once_leave_one() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let who = app.account("meimei").await;
    let phone = app.bind_phone(&who, PHONE).await;
    app.step_up(&who).await;
    let contacts = [phone, app.bind_email(&who, "wang@example.com").await];
    let mut codes = Vec::new();
    for (id, to) in contacts.iter().zip([PHONE, "wang@example.com"]) {
        app.ok(&who, SEND, json!({ "id": id })).await;
        codes.push(app.code_to(to).await);
    }
    let answers = join_all((0..2).map(|at| unbind(&app, &who, &contacts[at], &codes[at], true))).await;
    let mut said: Vec<&str> = answers.iter().map(|a| a.user_error("unbindContact")).collect();
    said.sort_unstable();
    assert_eq!(said, ["", "LAST_RECOVERY"], "{answers:?}");
    app.stop().await;
}
