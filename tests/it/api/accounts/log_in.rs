//! `logIn` and `logOut`.

use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};

const LOG_IN: &str = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r4_20_a_wrong_name_and_a_wrong_password_give_the_same_error() {
    let app = TestApp::start().await;
    let known = app.account("aurora").await;
    let answer = async |login: &str, password: &str| {
        app.run(None, LOG_IN, json!({ "input": { "login": login, "password": password } })).await.0
    };
    let wrong_password = answer(&known.login, "not the password").await;
    assert_eq!(wrong_password["data"]["logIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
    assert_eq!(wrong_password, answer("nobody", PASSWORD).await);
    assert_eq!(wrong_password, answer("nobody:xiaoli", PASSWORD).await);
    assert_eq!(wrong_password, answer(&format!("{}:nobody", known.login), PASSWORD).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_11_a_full_width_colon_has_its_own_message() {
    let app = TestApp::start().await;
    let input = json!({ "input": { "login": "aurora：xiaoli", "password": PASSWORD } });
    assert_eq!(app.run(None, LOG_IN, input).await.user_error("logIn"), "FULL_WIDTH_COLON");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_until_log_out_or_expiry() {
    let app = TestApp::start().await;
    let who = app.account("aurora").await;
    let viewer = "{ viewer { login } }";
    assert_eq!(app.ok(&who, viewer, json!({})).await["viewer"]["login"], json!(who.login));
    assert_eq!(app.run(None, viewer, json!({})).await.data()["viewer"], json!(null));

    let other = app.log_in(&who.login).await;
    app.ok(&who, "mutation { logOut { done } }", json!({})).await;
    assert_eq!(app.run(Some(&who.token), viewer, json!({})).await.code(), "UNAUTHENTICATED");
    app.run(Some(&other), viewer, json!({})).await.data();

    app.clock.advance(chrono::TimeDelta::hours(13));
    assert_eq!(app.run(Some(&other), viewer, json!({})).await.code(), "UNAUTHENTICATED", "expired");
    assert_eq!(app.run(Some("kith_forged"), viewer, json!({})).await.code(), "UNAUTHENTICATED", "forged");
    app.stop().await;
}
