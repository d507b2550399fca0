//! What is said, who sees it, and what does not arrive.

use serde_json::json;

use super::{CONTACT, SEEN, beat, certify, close, contact, desk, reply};
use crate::support::app::{Persona, TestApp};

async fn said(app: &TestApp, who: &Persona, id: &str) -> Vec<String> {
    let seen = app.ok(who, SEEN, json!({ "id": id })).await;
    let all = seen["conversation"]["messages"].as_array().unwrap_or_else(|| panic!("{seen}")).clone();
    all.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_5_what_a_muted_sender_writes_does_not_arrive_and_they_are_told_what_to_do() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["agent"]).await;
    let buyer = app.account("buyer").await;
    beat(&app, &agents[0], &shop, false).await.data();
    let id = contact(&app, &buyer, &shop, "home").await;
    certify(&app, &agents[0], "NULL").await;
    let answer = reply(&app, &agents[0], &id, "hello?").await.data()["replyToBuyer"].clone();
    assert_eq!((&answer["arrived"], &answer["userErrors"]), (&json!(false), &json!([])), "{answer}");
    let hint = answer["hint"].as_str().unwrap();
    assert!(hint.contains("did not arrive") && hint.contains("createCertificationCode"), "{hint}");
    assert_eq!(said(&app, &buyer, &id).await, ["在吗?"]);
    assert_eq!(said(&app, &owner, &id).await, ["在吗?"]);
    assert_eq!(said(&app, &agents[0], &id).await, ["在吗?", "hello?"], "the sender sees that it did not");
    assert_eq!(app.ok(&buyer, SEEN, json!({ "id": id })).await["conversation"]["awaitsShop"], json!(true));
    certify(&app, &agents[0], "now()").await;
    let answer = reply(&app, &agents[0], &id, "您好").await.data()["replyToBuyer"].clone();
    assert_eq!((&answer["arrived"], &answer["hint"]), (&json!(true), &json!(null)));
    assert_eq!(said(&app, &buyer, &id).await, ["在吗?", "您好"], "what did not arrive never does");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_a_conversation_is_its_buyers_its_agents_and_its_managers() {
    let app = TestApp::start().await;
    let (owner, shop, agents) = desk(&app, &["one", "two"]).await;
    let (buyer, stranger) = (app.account("buyer").await, app.account("stranger").await);
    let (rival, rivals_shop, rivals) = desk(&app, &["three"]).await;
    beat(&app, &agents[0], &shop, false).await.data();
    beat(&app, &rivals[0], &rivals_shop, false).await.data();
    let id = contact(&app, &buyer, &shop, "home").await;
    for who in [&stranger, &agents[1], &rival, &rivals[0]] {
        assert!(app.ok(who, SEEN, json!({ "id": id })).await["conversation"].is_null(), "{}", who.login);
    }
    for who in [&buyer, &agents[0], &owner] {
        assert_eq!(said(&app, who, &id).await, ["在吗?"]);
    }
    assert_eq!(reply(&app, &agents[1], &id, "x").await.user_error("replyToBuyer"), "NOT_YOUR_CONVERSATION");
    assert_eq!(reply(&app, &rivals[0], &id, "x").await.code(), "NOT_FOUND");
    assert_eq!(close(&app, &rivals[0], &id).await.code(), "NOT_FOUND");
    let list = "query($shop: ID!) { shop(id: $shop) { conversations(first: 10) { edges { node { id } } } } }";
    let count = async |who: &Persona| {
        let answer = app.run(Some(&who.token), list, json!({ "shop": shop })).await;
        answer.0["data"]["shop"]["conversations"]["edges"].as_array().map(Vec::len)
    };
    assert_eq!((count(&owner).await, count(&agents[0]).await, count(&agents[1]).await), (Some(1), Some(1), Some(0)));
    assert_eq!(count(&rivals[0]).await, None);
    // A buyer learns nothing of who else there is.
    let assignments = app.ok(&buyer, SEEN, json!({ "id": id })).await["conversation"]["assignments"].clone();
    assert_eq!(assignments, json!([]));
    assert_eq!(
        app.run(Some(&owner.token), CONTACT, json!({ "shop": shop, "page": "home", "text": "x" }))
            .await
            .user_error("contactShop"),
        "OWN_SHOP"
    );
    close(&app, &agents[0], &id).await.data();
    assert_eq!(reply(&app, &agents[0], &id, "x").await.user_error("replyToBuyer"), "CONVERSATION_CLOSED");
    assert_ne!(contact(&app, &buyer, &shop, "home").await, id, "another begins");
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_checked_and_stands_sealed() {
    let app = TestApp::start().await;
    let (_, shop, _) = desk(&app, &[]).await;
    let buyer = app.account("buyer").await;
    let long = "x".repeat(1_001);
    for (page, text, code) in [
        ("home", "", "TEXT_INVALID"),
        ("home", long.as_str(), "TEXT_INVALID"),
        ("home", "a\u{202e}b", "TEXT_INVALID"),
        ("", "hi", "PAGE_INVALID"),
        ("a\nb", "hi", "PAGE_INVALID"),
    ] {
        let answer = app.run(Some(&buyer.token), CONTACT, json!({ "shop": shop, "page": page, "text": text })).await;
        assert_eq!(answer.user_error("contactShop"), code, "{page:?} {text:.5}");
    }
    let canary = "my card is 6222021234567890123";
    app.ok(&buyer, CONTACT, json!({ "shop": shop, "page": "home", "text": canary })).await;
    let rows = app.dump().await;
    let hex: String = canary.bytes().map(|b| format!("{b:02x}")).collect();
    assert!(!rows.contains("6222021234567890123") && !rows.contains(&hex));
    app.stop().await;
}
