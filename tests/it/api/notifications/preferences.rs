//! `setNotificationPreference` and `viewer.notificationPreferences`.

use serde_json::{Value, json};

use crate::support::app::{Persona, TestApp};

const SET: &str = "mutation($channel: NotificationChannel!, $enabled: Boolean!, $message: Boolean) {
    setNotificationPreference(input: { channel: $channel, enabled: $enabled, byMessage: $message }) {
      preferences { channel enabled switchable byMessage } userErrors { code field } } }";
const INBOX: &str = "{ viewer { notifications { edges { node { topic channel } } } } }";

async fn set(app: &TestApp, who: &Persona, channel: &str, enabled: bool) -> Value {
    let variables = json!({ "channel": channel, "enabled": enabled });
    app.ok(who, SET, variables).await["setNotificationPreference"].clone()
}

async fn inbox(app: &TestApp, who: &Persona) -> Vec<Value> {
    app.deliver().await;
    let data = app.ok(who, INBOX, json!({})).await;
    data["viewer"]["notifications"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

/// A refund that a buyer asks for: the seller is told.
async fn something_happens(app: &TestApp, seller: &Persona, shop: &str) {
    let (buyer, item) = (app.account("buyer").await, app.item(seller, shop, "100.00").await);
    let order = app.order(&buyer, shop, &item, 1).await;
    app.refund(&buyer, &order, "10.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_12_each_channel_can_be_switched_and_security_cannot() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let preferences =
        app.ok(&seller, "{ viewer { notificationPreferences { channel enabled switchable } } }", json!({})).await;
    assert_eq!(
        preferences["viewer"]["notificationPreferences"],
        json!([
            { "channel": "TRANSACTIONS", "enabled": true, "switchable": true },
            { "channel": "ACTIVITIES", "enabled": true, "switchable": true },
            { "channel": "SECURITY", "enabled": true, "switchable": false },
        ])
    );
    something_happens(&app, &seller, &shop).await;
    assert_eq!(inbox(&app, &seller).await, [json!({ "topic": "refund.requested", "channel": "TRANSACTIONS" })]);

    let off = set(&app, &seller, "TRANSACTIONS", false).await;
    assert_eq!(off["preferences"][0]["enabled"], false, "{off}");
    something_happens(&app, &seller, &shop).await;
    assert_eq!(inbox(&app, &seller).await.len(), 1, "nothing more about transactions");
    let refused = set(&app, &seller, "SECURITY", false).await;
    assert_eq!(refused["userErrors"][0], json!({ "code": "SECURITY_ALWAYS_ON", "field": ["input", "channel"] }));
    app.bind_phone(&seller, "+8613812345634").await;
    let told = inbox(&app, &seller).await;
    assert_eq!(told[0], json!({ "topic": "contact.bound", "channel": "SECURITY" }));

    for _ in 0..2 {
        set(&app, &seller, "TRANSACTIONS", true).await;
    }
    something_happens(&app, &seller, &shop).await;
    assert_eq!(inbox(&app, &seller).await.len(), 3);
    app.verified().await;
    app.stop().await;
}

/// The notices that were sent, the newest first: to whom, and what about.
async fn notices(app: &TestApp) -> Vec<(String, String)> {
    app.deliver().await;
    let sent = app.outbox.newest(100).into_iter().map(|sent| (sent.message.to.expose().clone(), sent.message.template));
    sent.filter(|(_, template)| template.starts_with("notice.")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_12_a_channel_goes_by_message_as_well_and_alarms_always_do() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let (phone, email) = ("+8613812345634", "aurora@example.com");
    something_happens(&app, &seller, &shop).await;
    set(&app, &seller, "TRANSACTIONS", true).await;
    let on = json!({ "channel": "TRANSACTIONS", "enabled": true, "message": true });
    app.ok(&seller, SET, on.clone()).await;
    something_happens(&app, &seller, &shop).await;
    assert_eq!(notices(&app).await, [], "there is nowhere to send it to");
    app.bind_phone(&seller, phone).await;
    something_happens(&app, &seller, &shop).await;
    assert_eq!(notices(&app).await, [(phone.to_owned(), "notice.refund.requested".to_owned())]);
    app.step_up(&seller).await;
    app.bind_email(&seller, email).await;
    // Out of the inbox, but still by message: the two are switched one by one.
    let changed = app.ok(&seller, SET, json!({ "channel": "TRANSACTIONS", "enabled": false })).await;
    assert_eq!(changed["setNotificationPreference"]["preferences"][0]["byMessage"], true, "{changed}");
    something_happens(&app, &seller, &shop).await;
    assert_eq!(notices(&app).await[0], (email.to_owned(), "notice.refund.requested".to_owned()));
    app.ok(&seller, SET, json!({ "channel": "TRANSACTIONS", "enabled": true, "message": false })).await;
    something_happens(&app, &seller, &shop).await;
    assert_eq!(notices(&app).await.len(), 2);

    let refused = app.ok(&seller, SET, json!({ "channel": "SECURITY", "enabled": true, "message": false })).await;
    assert_eq!(refused["setNotificationPreference"]["userErrors"][0]["code"], "SECURITY_ALWAYS_ON");
    let request = "mutation($l: String!) { requestRecovery(input: { login: $l }) { accepted } }";
    app.clock.advance(chrono::TimeDelta::seconds(1));
    app.run(None, request, json!({ "l": seller.login })).await.data();
    let code = app.code_to(phone).await;
    let reset = "mutation($l: String!, $c: String!) {
        resetPassword(input: { login: $l, code: $c, newPassword: \"a better password\" }) { done } }";
    assert_eq!(
        app.run(None, reset, json!({ "l": seller.login, "c": code })).await.data()["resetPassword"]["done"],
        true
    );
    assert_eq!(notices(&app).await[0], (email.to_owned(), "notice.security.password_reset".to_owned()));
    app.verified().await;
    app.stop().await;
}
