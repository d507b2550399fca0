//! `notificationAdded`: new messages for as long as the session lasts.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};

const SUBSCRIPTION: &str =
    "subscription($channel: NotificationChannel) { notificationAdded(channel: $channel) { topic title channel } }";

/// The next message; none of the tests waits for its absence.
async fn next(stream: &mut BoxStream<'static, Answer>) -> Option<Answer> {
    tokio::time::timeout(Duration::from_secs(60), stream.next()).await.expect("nothing came in a minute")
}

async fn next_topic(stream: &mut BoxStream<'static, Answer>) -> Value {
    next(stream).await.unwrap().data()["notificationAdded"]["topic"].clone()
}

/// A stream of async-graphql begins when it is first polled.
async fn listen(app: &TestApp, who: &Persona, channel: Option<&str>) -> BoxStream<'static, Answer> {
    let mut stream = app.subscribe(who, SUBSCRIPTION, json!({ "channel": channel })).await;
    tokio::select! {
        biased;
        early = stream.next() => panic!("nothing has happened yet: {early:?}"),
        () = tokio::time::sleep(Duration::from_millis(300)) => {}
    }
    assert!(app.inboxes.watched() > 0);
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_13_alerts_come_to_whoever_listens_in_order_and_without_gaps() {
    let app = TestApp::start().await;
    let (who, other) = (app.account("meimei").await, app.account("other").await);
    app.bind_phone(&who, "+8613812345634").await;
    app.deliver().await;
    let mut stream = listen(&app, &who, None).await;
    app.bind_phone(&other, "+8613912345678").await;
    let switch = "mutation { endOtherSessions { count } }";
    // Far more than one page.
    for _ in 0..45 {
        app.ok(&who, switch, json!({})).await;
    }
    app.deliver().await;
    for _ in 0..45 {
        assert_eq!(next_topic(&mut stream).await, "security.sessions_ended", "none of the other's");
    }
    drop(stream);
    while app.inboxes.watched() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_12_one_channel_can_be_listened_to() {
    let app = TestApp::start().await;
    let seller = app.account("aurora").await;
    let shop = app.shop(&seller).await;
    let mut stream = listen(&app, &seller, Some("SECURITY")).await;
    let (buyer, item) = (app.account("buyer").await, app.item(&seller, &shop, "100.00").await);
    let order = app.order(&buyer, &shop, &item, 1).await;
    app.refund(&buyer, &order, "10.00").await;
    app.ok(&seller, "mutation { endOtherSessions { count } }", json!({})).await;
    app.deliver().await;
    assert_eq!(next_topic(&mut stream).await, "security.sessions_ended");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h20_it_ends_with_the_session() {
    let app = TestApp::start().await;
    let operator = app.operator(&["platform.account.disable"]).await;
    let ends: [&str; 3] = ["mutation { logOut { done } }", "end", "disable"];
    for end in ends {
        let who = app.account("meimei").await;
        let mut stream = listen(&app, &who, None).await;
        match end {
            "end" => {
                let elsewhere = Persona { token: app.log_in(&who.login).await, ..who.clone() };
                app.ok(&elsewhere, "mutation { endOtherSessions { count } }", json!({})).await;
            }
            "disable" => {
                let disable =
                    "mutation($id: ID!) { disableAccount(input: { accountId: $id }) { userErrors { code } } }";
                app.ok(&operator, disable, json!({ "id": who.id })).await;
            }
            log_out => {
                app.ok(&who, log_out, json!({})).await;
            }
        }
        let last = next(&mut stream).await.unwrap();
        assert_eq!((last.code(), &last.0["errors"][0]["extensions"]["reason"]), ("FORBIDDEN", &json!("SESSION_ENDED")));
        assert!(next(&mut stream).await.is_none(), "nothing comes after it");
    }
    let mut nobody = app.subscribe_as(None, SUBSCRIPTION, json!({})).await;
    assert_eq!(next(&mut nobody).await.unwrap().code(), "UNAUTHENTICATED", "nor does it begin without one");
    app.stop().await;
}
