//! `requestRecovery` and `resetPassword`.

use serde_json::{Value, json};

use crate::support::app::{Answer, PASSWORD, TestApp};

const REQUEST: &str =
    "mutation($login: String!) { requestRecovery(input: { login: $login }) { accepted userErrors { code } } }";
const RESET: &str = "mutation($login: String!, $code: String!, $new: String!) {
    resetPassword(input: { login: $login, code: $code, newPassword: $new }) { done userErrors { code message } } }";
const LOG_IN: &str =
    "mutation($l: String!, $p: String!) { logIn(input: { login: $l, password: $p }) { state userErrors { code } } }";
const PHONE: &str = "+8613812345634";
const NEW: &str = "a better password";

async fn request(app: &TestApp, login: &str) -> Value {
    app.run(None, REQUEST, json!({ "login": login })).await.data()["requestRecovery"].clone()
}

async fn reset(app: &TestApp, login: &str, code: &str, new: &str) -> Answer {
    app.run(None, RESET, json!({ "login": login, "code": code, "new": new })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_11_a_code_to_the_phone_sets_a_new_password_and_ends_all_sessions() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, PHONE).await;
    // r1_7: by the number as well as by the log-in name.
    for login in ["138 1234 5634", who.login.as_str()] {
        assert_eq!(request(&app, login).await, json!({ "accepted": true, "userErrors": [] }));
        // One after the other: of messages that go out together none is the newer.
        app.deliver().await;
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let code = app.code_to(PHONE).await;
    assert_eq!(reset(&app, &who.login, "0", NEW).await.user_error("resetPassword"), "RECOVERY_FAILED");
    assert_eq!(reset(&app, &who.login, &code, "password").await.user_error("resetPassword"), "PASSWORD_WEAK");
    let done = reset(&app, &who.login, &code, NEW).await.data();
    assert_eq!(done["resetPassword"], json!({ "done": true, "userErrors": [] }));
    assert_eq!(app.run(Some(&who.token), "{ viewer { login } }", json!({})).await.code(), "UNAUTHENTICATED");
    let old = app.run(None, LOG_IN, json!({ "l": who.login, "p": PASSWORD })).await;
    assert_eq!(old.user_error("logIn"), "WRONG_CREDENTIALS");
    let new = app.run(None, LOG_IN, json!({ "l": who.login, "p": NEW })).await.data();
    assert_eq!(new["logIn"]["state"], "PENDING", "no device is known any more");
    assert_eq!(reset(&app, &who.login, &code, NEW).await.user_error("resetPassword"), "RECOVERY_FAILED", "once");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h33_recovery_does_not_say_whether_there_is_such_an_account() {
    let app = TestApp::start().await;
    let (bound, bare) = (app.account("meimei").await, app.account("bare").await);
    app.bind_phone(&bound, PHONE).await;
    let answers = [request(&app, &bound.login).await, request(&app, &bare.login).await, request(&app, "nobody").await];
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let mut said = Vec::new();
    for login in [&bound.login, &bare.login, "nobody", "+8613900000000"] {
        said.push(reset(&app, login, "000000", NEW).await.data()["resetPassword"].clone());
    }
    assert!(said.iter().all(|answer| *answer == said[0]), "{said:?}");
    assert_eq!(said[0]["userErrors"][0]["code"], "RECOVERY_FAILED");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_11_a_link_to_the_e_mail_address_sets_a_new_password_once() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, PHONE).await;
    app.step_up(&who).await;
    app.bind_email(&who, "wang@example.com").await;
    app.clock.advance(chrono::TimeDelta::seconds(1));
    let by_mail = "mutation($l: String!) { requestRecovery(input: { login: $l, by: EMAIL }) { accepted } }";
    app.run(None, by_mail, json!({ "l": who.login })).await.data();
    app.deliver().await;
    let mail = app.outbox.newest(1).remove(0).message;
    let text = mail.text.expose().clone();
    assert_eq!(mail.to.expose(), "wang@example.com");
    let link = text.split_once("#recover=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    let reset = "mutation($link: String!, $new: String!) { resetPassword(input: { link: $link, newPassword: $new }) {
        done userErrors { code } } }";
    let forged = format!("{}~kithrec_{}", who.id, "0".repeat(72));
    for wrong in ["", "x~y", &link[..link.len() - 1], &forged] {
        let answer = app.run(None, reset, json!({ "link": wrong, "new": NEW })).await;
        assert_eq!(answer.user_error("resetPassword"), "RECOVERY_FAILED", "{wrong}");
    }
    let done = app.run(None, reset, json!({ "link": link, "new": NEW })).await.data();
    assert_eq!(done["resetPassword"]["done"], true);
    assert_eq!(app.run(Some(&who.token), "{ viewer { login } }", json!({})).await.code(), "UNAUTHENTICATED");
    let again = app.run(None, reset, json!({ "link": link, "new": NEW })).await;
    assert_eq!(again.user_error("resetPassword"), "RECOVERY_FAILED", "once");
    assert!(!app.dump().await.contains("kithrec_"), "h35");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_7_a_bound_number_or_address_recovers_the_password_whatever_the_log_in_name() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, PHONE).await;
    app.step_up(&who).await;
    app.bind_email(&who, "wang@example.com").await;
    app.deliver().await;
    let logs_in = async |new: &str| {
        let logged_in = app.run(None, LOG_IN, json!({ "l": who.login, "p": new })).await.data();
        assert_eq!(logged_in["logIn"]["state"], "PENDING", "{new}: {logged_in}");
    };
    app.clock.advance(chrono::TimeDelta::minutes(1));
    assert_eq!(request(&app, "138 1234 5634").await, json!({ "accepted": true, "userErrors": [] }));
    let code = app.code_to(PHONE).await;
    let done = reset(&app, "138 1234 5634", &code, NEW).await.data();
    assert_eq!(done["resetPassword"], json!({ "done": true, "userErrors": [] }));
    logs_in(NEW).await;
    app.deliver().await;
    app.clock.advance(chrono::TimeDelta::minutes(1));
    // To an e-mail address goes a link, which says itself whose it is.
    assert_eq!(request(&app, "Wang@Example.com").await, json!({ "accepted": true, "userErrors": [] }));
    app.deliver().await;
    let mail = app.outbox.newest(9).into_iter().find(|sent| sent.message.template == "code.recover").unwrap().message;
    assert_eq!(mail.to.expose(), "wang@example.com");
    let text = mail.text.expose().clone();
    let link = text.split_once("#recover=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    let reset = "mutation($link: String!) { resetPassword(input: { link: $link, newPassword: \"another better one\" }) { done } }";
    assert_eq!(app.run(None, reset, json!({ "link": link })).await.data()["resetPassword"]["done"], true);
    logs_in("another better one").await;
    app.stop().await;
}
