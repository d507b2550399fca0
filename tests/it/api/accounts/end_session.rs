//! `endSession`, `endOtherSessions`, `removeDevice`, `viewer.sessions` and `viewer.devices`.

use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};

const SESSIONS: &str = "{ viewer { sessions { id current client ip userAgent deviceId } devices { id name } } }";
const END: &str = "mutation($id: ID!) { endSession(input: { sessionId: $id }) { count userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn r3_14_sessions_and_devices_are_listed_and_ended() {
    let app = TestApp::start().await;
    let (who, stranger) = (app.account("meimei").await, app.account("other").await);
    let second = app.log_in(&who.login).await;
    let third = app.log_in(&who.login).await;
    let viewer = app.ok(&who, SESSIONS, json!({})).await["viewer"].clone();
    let sessions = viewer["sessions"].as_array().unwrap();
    let current: Vec<&Value> = sessions.iter().map(|s| &s["current"]).collect();
    assert_eq!(current, [&json!(false), &json!(false), &json!(true)], "the newest first");
    assert_eq!((&sessions[0]["client"], &sessions[0]["ip"]), (&json!("WEB"), &json!("127.0.0.1")));
    assert_eq!(viewer["devices"].as_array().unwrap().len(), 3, "each log-in without a device token is a new device");

    let foreign = app.run(Some(&stranger.token), END, json!({ "id": sessions[0]["id"] })).await;
    assert_eq!(foreign.code(), "NOT_FOUND", "h19: another's session does not exist");
    assert_eq!(app.ok(&who, END, json!({ "id": sessions[0]["id"] })).await["endSession"]["count"], 1);
    let viewer_login = "{ viewer { login } }";
    assert_eq!(app.run(Some(&third), viewer_login, json!({})).await.code(), "UNAUTHENTICATED");
    app.run(Some(&second), viewer_login, json!({})).await.data();

    let others = "mutation { endOtherSessions { count } }";
    assert_eq!(app.ok(&who, others, json!({})).await["endOtherSessions"]["count"], 1);
    assert_eq!(app.run(Some(&second), viewer_login, json!({})).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.ok(&who, SESSIONS, json!({})).await["viewer"]["sessions"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_removed_is_not_known_any_more() {
    let app = TestApp::start().await;
    let who = app.account("meimei").await;
    app.bind_phone(&who, "+8613812345634").await;
    let viewer = app.ok(&who, SESSIONS, json!({})).await["viewer"].clone();
    let device = viewer["devices"][0]["id"].clone();
    assert_eq!(viewer["sessions"][0]["deviceId"], device);
    let remove = "mutation($id: ID!) { removeDevice(input: { deviceId: $id }) { count } }";
    assert_eq!(app.ok(&who, remove, json!({ "id": device })).await["removeDevice"]["count"], 1);
    let gone = app.run(Some(&who.token), "{ viewer { login } }", json!({})).await;
    assert_eq!(gone.code(), "UNAUTHENTICATED", "its sessions are over, this one too");
    let log_in = "mutation($l: String!, $p: String!) { logIn(input: { login: $l, password: $p }) { state } }";
    let again = app.run(None, log_in, json!({ "l": who.login, "p": PASSWORD })).await.data();
    assert_eq!(again["logIn"]["state"], "PENDING");
    app.stop().await;
}
