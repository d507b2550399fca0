//! Accounts that their owner joins, and their orders together.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::PgServer;

const REQUEST: &str = "mutation($login: String!) { requestAssociation(input: { login: $login }) {
    association { id state awaitsMe other { id displayName } } userErrors { code field message } } }";
const LIST: &str = "{ viewer { associations { id state awaitsMe other { id } } } }";
const JOINT: &str = "{ viewer { jointOrders(first: 10) { edges { cursor node { id itemTitle buyer { id } } }
    pageInfo { hasNextPage endCursor } } } }";

async fn request(app: &TestApp, who: &Persona, login: &str) -> Answer {
    app.run(Some(&who.token), REQUEST, json!({ "login": login })).await
}

async fn act(app: &TestApp, who: &Persona, mutation: &str, id: &str) -> Answer {
    let input = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let text = format!(
        "mutation($input: {input}!) {{ {mutation}(input: $input) {{ association {{ state }} userErrors {{ code }} }} }}"
    );
    app.run(Some(&who.token), &text, json!({ "input": { "associationId": id } })).await
}

async fn asked(app: &TestApp, who: &Persona, other: &Persona) -> String {
    let answer = request(app, who, &other.login).await.data()["requestAssociation"].clone();
    answer["association"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn joint(app: &TestApp, who: &Persona) -> Vec<Value> {
    app.ok(who, JOINT, json!({})).await["viewer"]["jointOrders"]["edges"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_6_consent_on_both_sides_and_then_the_orders_together() {
    let app = TestApp::start().await;
    let (one, two, seller) = (app.account("one").await, app.account("two").await, app.account("seller").await);
    let shop = app.shop(&seller).await;
    let item = app.item(&seller, &shop, "12.00").await;
    let first = app.order(&one, &shop, &item, 1).await;
    let second = app.order(&two, &shop, &item, 2).await;
    let id = asked(&app, &one, &two).await;
    assert_eq!(joint(&app, &one).await.len(), 1, "asking shows nothing");
    assert_eq!(joint(&app, &two).await.len(), 1);
    app.deliver().await;
    let told = app.ok(&two, "{ viewer { notifications { edges { node { topic } } } } }", json!({})).await.to_string();
    assert!(told.contains("association.requested"), "{told}");
    assert_eq!(app.ok(&two, LIST, json!({})).await["viewer"]["associations"][0]["awaitsMe"], json!(true));
    assert_eq!(act(&app, &one, "acceptAssociation", &id).await.code(), "NOT_FOUND", "who asked cannot accept");
    assert_eq!(act(&app, &seller, "acceptAssociation", &id).await.code(), "NOT_FOUND", "a stranger");
    assert_eq!(act(&app, &seller, "endAssociation", &id).await.code(), "NOT_FOUND");
    let accepted = act(&app, &two, "acceptAssociation", &id).await.data();
    assert_eq!(accepted["acceptAssociation"]["association"]["state"], "ACCEPTED");
    for who in [&one, &two] {
        let orders: Vec<Value> = joint(&app, who).await.iter().map(|edge| edge["node"]["id"].clone()).collect();
        assert_eq!(orders, [json!(second), json!(first)], "both, the newest first");
        app.both_ways(who, JOINT, json!({})).await;
        app.both_ways(who, LIST, json!({})).await;
    }
    assert_eq!(
        app.ok(&one, "{ viewer { orders { edges { node { id } } } } }", json!({})).await["viewer"]["orders"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // h16: with the next request after it ended, nothing of the other is there.
    act(&app, &one, "endAssociation", &id).await.data();
    assert_eq!(joint(&app, &two).await.len(), 1);
    assert_eq!(joint(&app, &one).await.len(), 1);
    assert_eq!(act(&app, &two, "acceptAssociation", &id).await.user_error("acceptAssociation"), "ASSOCIATION_NOT_OPEN");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_6_what_cannot_be_associated() {
    let app = TestApp::start().await;
    let (one, two) = (app.account("one").await, app.account("two").await);
    let operator = app.operator(&[]).await;
    let code =
        async |who: &Persona, login: &str| request(&app, who, login).await.user_error("requestAssociation").to_owned();
    assert_eq!(code(&one, "nobody-at-all").await, "ACCOUNT_NOT_FOUND");
    assert_eq!(code(&one, &operator.login).await, "ACCOUNT_NOT_FOUND");
    assert_eq!(code(&one, &one.login).await, "OWN_ACCOUNT");
    let id = asked(&app, &one, &two).await;
    assert_eq!(code(&one, &two.login).await, "ALREADY_ASSOCIATED");
    assert_eq!(code(&two, &one.login).await, "ALREADY_ASSOCIATED", "whoever asks");
    act(&app, &two, "declineAssociation", &id).await.data();
    let again = asked(&app, &one, &two).await;
    app.clock.advance(TimeDelta::days(7));
    let (one, two) = (
        Persona { token: app.log_in(&one.login).await, ..one },
        Persona { token: app.log_in(&two.login).await, ..two },
    );
    assert_eq!(
        act(&app, &two, "acceptAssociation", &again).await.user_error("acceptAssociation"),
        "ASSOCIATION_LAPSED"
    );
    assert_eq!(app.ok(&two, LIST, json!({})).await["viewer"]["associations"], json!([]));
    let third = asked(&app, &two, &one).await;
    act(&app, &one, "acceptAssociation", &third).await.data();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_r1_6_many_accept_at_once_and_no_more_than_the_limit_stand() {
    let postgres = PgServer::start().await;
    let app = TestApp::start_on(&postgres.fresh_database().await, 8).await;
    let one = app.account("one").await;
    let mut others = Vec::new();
    for _ in 0..10 {
        let other = app.account("other").await;
        let id = asked(&app, &one, &other).await;
        others.push((other, id));
    }
    let answers = join_all(others.iter().map(|(other, id)| act(&app, other, "acceptAssociation", id))).await;
    let accepted = answers.iter().filter(|a| a.user_error("acceptAssociation").is_empty()).count();
    let refused = answers.iter().filter(|a| a.user_error("acceptAssociation") == "ASSOCIATION_LIMIT").count();
    assert_eq!((accepted, refused), (5, 5), "{answers:?}");
    // Two that ask each other at once have one association.
    let (left, right) = (app.account("left").await, app.account("right").await);
    let (a, b) = tokio::join!(request(&app, &left, &right.login), request(&app, &right, &left.login));
    let mut codes = [a.user_error("requestAssociation"), b.user_error("requestAssociation")];
    codes.sort_unstable();
    assert_eq!(codes, ["", "ALREADY_ASSOCIATED"]);
    app.verified().await;
    app.stop().await;
}
