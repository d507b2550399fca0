//! `refreshSession`.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::pg::PgServer;

const LOG_IN: &str =
    "mutation($input: LogInInput!) { logIn(input: $input) { token refreshToken userErrors { code } } }";
const REFRESH: &str = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) {
    token refreshToken expiresAt userErrors { code message } } }";
const VIEWER: &str = "{ viewer { login } }";

async fn log_in(app: &TestApp, login: &str) -> Value {
    let input = json!({ "input": { "login": login, "password": PASSWORD } });
    app.run(None, LOG_IN, input).await.data()["logIn"].clone()
}

async fn refresh(app: &TestApp, token: &Value) -> Answer {
    app.run(None, REFRESH, json!({ "token": token })).await
}

async fn lives(app: &TestApp, token: &Value) -> bool {
    app.run(token.as_str(), VIEWER, json!({})).await.code() != "UNAUTHENTICATED"
}

#[tokio::test(flavor = "multi_thread")]
async fn new_tokens_take_the_place_of_the_old_until_the_session_is_over() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let first = log_in(&app, &who.login).await;
    app.clock.advance(TimeDelta::hours(11));
    let second = refresh(&app, &first["refreshToken"]).await.data()["refreshSession"].clone();
    assert!(lives(&app, &second["token"]).await && !lives(&app, &first["token"]).await, "{second}");
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    // Refreshing does not make the session last longer than the log-in does.
    app.clock.advance(TimeDelta::hours(1));
    assert!(!lives(&app, &second["token"]).await);
    assert_eq!(refresh(&app, &second["refreshToken"]).await.user_error("refreshSession"), "REFRESH_INVALID");
    for forged in [json!(""), json!("kith_forged"), second["token"].clone()] {
        assert_eq!(refresh(&app, &forged).await.user_error("refreshSession"), "REFRESH_INVALID");
    }
    assert!(!lives(&app, &second["refreshToken"]).await, "a refresh token opens nothing else");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h34_a_refresh_token_that_comes_again_ends_the_session_for_both() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    let (stolen, other) = (log_in(&app, &who.login).await, log_in(&app, &who.login).await);
    let owner = refresh(&app, &stolen["refreshToken"]).await.data()["refreshSession"].clone();
    let thief = refresh(&app, &stolen["refreshToken"]).await;
    assert_eq!(thief.user_error("refreshSession"), "REFRESH_REUSED");
    assert!(thief.0["data"]["refreshSession"]["token"].is_null());
    assert!(!lives(&app, &owner["token"]).await, "whoever was first may have been the thief");
    assert_eq!(refresh(&app, &owner["refreshToken"]).await.user_error("refreshSession"), "REFRESH_INVALID");
    assert!(lives(&app, &other["token"]).await, "another session of the same account goes on");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_h34_of_two_refreshes_at_once_one_is_first_and_the_session_ends() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let who = app.account("meimei").await;
    for _ in 0..5 {
        let tokens = log_in(&app, &who.login).await;
        let answers = join_all((0..2).map(|_| refresh(&app, &tokens["refreshToken"]))).await;
        let mut said: Vec<&str> = answers.iter().map(|a| a.user_error("refreshSession")).collect();
        said.sort_unstable();
        assert_eq!(said, ["", "REFRESH_REUSED"], "{answers:?}");
        for token in answers.iter().map(|answer| &answer.0["data"]["refreshSession"]["token"]) {
            assert!(token.is_null() || !lives(&app, token).await);
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h34_a_session_is_never_one_that_somebody_else_has_begun() {
    let app = TestApp::start().await;
    let (thief, who) = (app.account("thief").await, app.account("meimei").await);
    app.bind_phone(&who, "+8613812345634").await;
    let log_in =
        "mutation($input: LogInInput!) { logIn(input: $input) { state token pendingToken userErrors { code } } }";
    let input = json!({ "input": { "login": who.login, "password": PASSWORD } });
    // Planted: the victim logs in through the thief's session. It stays the thief's, and what begins is new.
    let planted = app.run(Some(&thief.token), log_in, input.clone()).await.data()["logIn"].clone();
    let viewer = app.run(Some(&thief.token), VIEWER, json!({})).await.data();
    assert_eq!(viewer["viewer"]["login"], thief.login.as_str());
    // What waits for its code is no session, before and after.
    assert_eq!(planted["state"], "PENDING", "{planted}");
    assert!(!lives(&app, &planted["pendingToken"]).await);
    let confirm = "mutation($input: ConfirmLogInInput!) { confirmLogIn(input: $input) { token userErrors { code } } }";
    let code = app.code_to("+8613812345634").await;
    let input = json!({ "input": { "pendingToken": planted["pendingToken"], "code": code } });
    let confirmed = app.run(None, confirm, input.clone()).await.data()["confirmLogIn"].clone();
    assert!(lives(&app, &confirmed["token"]).await && confirmed["token"] != planted["pendingToken"], "{confirmed}");
    assert!(!lives(&app, &planted["pendingToken"]).await);
    let again = app.run(None, confirm, input).await;
    assert!(again.0["data"]["confirmLogIn"]["token"].is_null(), "nor does it begin a second one: {again:?}");
    app.stop().await;
}
