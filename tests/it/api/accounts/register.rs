//! `registerAccount`.

use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};

const REGISTER: &str = "mutation($input: RegisterAccountInput!) { registerAccount(input: $input) { accountId userErrors { code field } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r1_1_a_login_name_is_unique_and_accounts_are_never_joined() {
    let app = TestApp::start().await;
    let first = app.account("aurora").await;
    let same_in_capitals = json!({ "input": {
        "login": first.login.to_uppercase(), "password": "another password", "displayName": "x" } });
    let answer = app.run(None, REGISTER, same_in_capitals).await;
    assert_eq!(answer.user_error("registerAccount"), "LOGIN_TAKEN");
    assert_eq!(answer.0["data"]["registerAccount"]["userErrors"][0]["field"], json!(["input", "login"]));
    let second = app.account("aurora").await;
    assert_ne!(first.id, second.id, "the same data makes another account, never the same one");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_passwords_are_checked() {
    let app = TestApp::start().await;
    let register = async |login: &str, password: &str, display: &str| {
        let input = json!({ "input": { "login": login, "password": password, "displayName": display } });
        app.run(None, REGISTER, input).await.user_error("registerAccount").to_owned()
    };
    let long = "x".repeat(50_000);
    assert_eq!(register("a:b", PASSWORD, "x").await, "LOGIN_INVALID");
    assert_eq!(register("ａｕｒｏｒａ：ｘ", PASSWORD, "x").await, "LOGIN_INVALID");
    assert_eq!(register(&long, PASSWORD, "x").await, "LOGIN_INVALID");
    assert_eq!(register("bell", PASSWORD, "ring\u{7}").await, "DISPLAY_NAME_INVALID");
    assert_eq!(register("bell", PASSWORD, &long).await, "DISPLAY_NAME_INVALID");
    assert_eq!(register("bell", "short", "x").await, "PASSWORD_WEAK");
    assert_eq!(register("bell", &long, "x").await, "PASSWORD_WEAK");
    app.stop().await;
}
