//! Subscriptions of both sides, and when they end.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde_json::{Value, json};

use super::{beat, contact, desk, on_saturdays, reply};
use crate::support::app::{Answer, Persona, TestApp};

const LISTEN: &str = "subscription($id: ID!) { chatMessageAdded(conversationId: $id) { text fromBuyer } }";

async fn listen(app: &TestApp, who: &Persona, id: &str) -> BoxStream<'static, Answer> {
    app.subscribe(who, LISTEN, json!({ "id": id })).await
}

fn heard(answer: Option<Answer>) -> Value {
    answer.unwrap().data()["chatMessageAdded"].clone()
}

/// The code that a subscription ends with, and that nothing comes after it.
async fn ended(stream: &mut BoxStream<'static, Answer>) -> String {
    let last = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.unwrap().unwrap();
    assert!(stream.next().await.is_none(), "it ends with its error");
    last.code().to_owned()
}

/// A conversation that an agent has; gives the shop, owner, agents, buyer and its id.
async fn begun(app: &TestApp) -> (Persona, String, Vec<Persona>, Persona, String) {
    let (owner, shop, agents) = desk(app, &["one", "two"]).await;
    let buyer = app.account("buyer").await;
    beat(app, &agents[0], &shop, false).await.data();
    let id = contact(app, &buyer, &shop, "home").await;
    (owner, shop, agents, buyer, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_both_sides_hear_and_whoever_loses_it_hears_no_more() {
    let app = TestApp::start().await;
    let (owner, shop, agents, buyer, id) = begun(&app).await;
    let (mut of_buyer, mut of_agent) = (listen(&app, &buyer, &id).await, listen(&app, &agents[0], &id).await);
    let mut of_other = listen(&app, &agents[1], &id).await;
    assert_eq!(of_other.next().await.unwrap().code(), "NOT_FOUND");
    // A stream begins when it is first asked: both are asked, and then something is said.
    let (first, second, ()) = tokio::join!(of_buyer.next(), of_agent.next(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        reply(&app, &agents[0], &id, "您好").await.data();
    });
    assert_eq!(heard(first), json!({ "text": "您好", "fromBuyer": false }));
    assert_eq!(heard(second), json!({ "text": "您好", "fromBuyer": false }));
    contact(&app, &buyer, &shop, "home").await;
    assert_eq!(heard(of_agent.next().await), json!({ "text": "在吗?", "fromBuyer": true }));
    assert_eq!(heard(of_buyer.next().await), json!({ "text": "在吗?", "fromBuyer": true }));
    // h16: the agent departs, and the subscription ends.
    let depart = "mutation($id: ID!) { departSubAccount(input: { subAccountId: $id }) { userErrors { code } } }";
    app.ok(&owner, depart, json!({ "id": agents[0].id })).await;
    assert_eq!(ended(&mut of_agent).await, "UNAUTHENTICATED", "their sessions ended");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_5_a_subscription_ends_when_the_right_is_taken() {
    let app = TestApp::start().await;
    let (owner, _, agents, _, id) = begun(&app).await;
    let mut of_agent = listen(&app, &agents[0], &id).await;
    let revoke = "mutation($id: ID!) { revokePermission(input: { subAccountId: $id, permission: \"desk.serve\" }) {
        userErrors { code } } }";
    let (end, ()) = tokio::join!(ended(&mut of_agent), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.ok(&owner, revoke, json!({ "id": agents[0].id })).await;
    });
    assert_eq!(end, "NOT_FOUND", "the conversation is not theirs to see any more");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_17_a_subscription_under_a_shift_bound_grant_ends_with_the_shift() {
    let app = TestApp::start().await;
    let (owner, _, agents, _, id) = begun(&app).await;
    on_saturdays(&app, &owner, &agents[0], "09:00", "13:00").await;
    let bind = "mutation($id: ID!) { grantPermission(input: {
        subAccountId: $id, permission: \"desk.serve\", constraints: { onShift: true } }) { userErrors { code } } }";
    app.ok(&owner, bind, json!({ "id": agents[0].id })).await;
    let mut of_agent = listen(&app, &agents[0], &id).await;
    let (end, ()) = tokio::join!(ended(&mut of_agent), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        app.clock.advance(chrono::TimeDelta::minutes(60));
    });
    assert_eq!(end, "NOT_FOUND");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h20_a_disabled_account_hears_no_more() {
    let app = TestApp::start().await;
    let (owner, _, agents, buyer, id) = begun(&app).await;
    let operator = app.operator(&["platform.account.disable"]).await;
    let (mut of_buyer, mut of_agent) = (listen(&app, &buyer, &id).await, listen(&app, &agents[0], &id).await);
    let (end, ()) = tokio::join!(ended(&mut of_buyer), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let disable = "mutation($id: ID!) { disableAccount(input: { accountId: $id }) { userErrors { code } } }";
        let disabled = app.ok(&operator, disable, json!({ "id": buyer.id })).await;
        assert_eq!(disabled["disableAccount"]["userErrors"], json!([]));
    });
    assert_eq!(end, "UNAUTHENTICATED");
    // A main account's sub-accounts go with it. (An operator cannot disable the last one who manages a shop.)
    let (end, ()) = tokio::join!(ended(&mut of_agent), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.sql(&format!("UPDATE accounts SET state = 'DISABLED' WHERE login = '{}'", owner.login)).await;
    });
    assert_eq!(end, "UNAUTHENTICATED");
    app.stop().await;
}
