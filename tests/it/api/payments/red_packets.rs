//! Shop red packets (店铺红包): budgets, shares, claims, what is left.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Stall;
use crate::support::app::{Answer, Persona, TestApp};
use crate::support::pg::{Durability, PgServer};

async fn send(app: &TestApp, who: &Persona, shop: &str, budget: &str, shares: i32, split: &str) -> Answer {
    let ends = (app.now() + chrono::TimeDelta::hours(2)).to_rfc3339();
    let mutation =
        "mutation($input: SendRedPacketInput!, $k: String!) { sendRedPacket(input: $input) @idempotent(key: $k) {
        redPacket { id shares claimed left { amount } } userErrors { code } } }";
    let input = json!({
        "shopId": shop, "name": "Double 12", "budget": { "amount": budget }, "shares": shares, "split": split,
        "endsAt": ends,
    });
    app.run(Some(&who.token), mutation, json!({ "input": input, "k": Uuid::now_v7().to_string() })).await
}

fn id(sent: &Answer) -> String {
    sent.0["data"]["sendRedPacket"]["redPacket"]["id"].as_str().unwrap_or_else(|| panic!("{sent:?}")).to_owned()
}

async fn claim(app: &TestApp, who: &Persona, packet: &str) -> Answer {
    let mutation = "mutation($p: ID!, $k: String!) { claimRedPacket(input: { redPacketId: $p }) @idempotent(key: $k) {
        amount { amount } userErrors { code } } }";
    app.run(Some(&who.token), mutation, json!({ "p": packet, "k": Uuid::now_v7().to_string() })).await
}

async fn packet(app: &TestApp, seller: &Persona, shop: &str) -> Value {
    let query = "query($s: ID!) { shop(id: $s) { redPackets(first: 1) { edges { node { claimed left { amount } isEnded } } } } }";
    app.ok(seller, query, json!({ "s": shop })).await["shop"]["redPackets"]["edges"][0]["node"].clone()
}

async fn end(app: &TestApp) -> u64 {
    let worker = kith::worker::Worker::new(Arc::clone(&app.door), Vec::new(), crate::support::app::config().worker);
    worker.end_red_packets(&CancellationToken::new()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_shares_are_claimed_once_each_and_what_is_left_returns() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    assert_eq!(send(app, seller, shop, "10", 3, "EQUAL").await.user_error("sendRedPacket"), "BALANCE_TOO_LOW");
    app.top_up(seller, "100").await.data();
    let sent = send(app, seller, shop, "10", 3, "EQUAL").await;
    let red = id(&sent);
    assert_eq!(app.held(seller).await, "90.00");
    let got = claim(app, &stall.buyer, &red).await.data();
    assert_eq!(got["claimRedPacket"]["amount"]["amount"], "3.34", "the cent that cannot be divided goes to the first");
    assert_eq!(claim(app, &stall.buyer, &red).await.user_error("claimRedPacket"), "RED_PACKET_CLAIMED");
    assert_eq!(claim(app, seller, &red).await.user_error("claimRedPacket"), "OWN_SHOP");
    assert_eq!(app.held(&stall.buyer).await, "3.34");
    app.clock.advance(chrono::TimeDelta::minutes(119));
    assert_eq!(end(app).await, 0, "it is not over yet");
    let second = app.account("second").await;
    assert_eq!(claim(app, &second, &red).await.data()["claimRedPacket"]["amount"]["amount"], "3.33");
    app.clock.advance(chrono::TimeDelta::minutes(1));
    let late = app.account("late").await;
    assert_eq!(claim(app, &late, &red).await.user_error("claimRedPacket"), "RED_PACKET_OVER");
    assert_eq!((end(app).await, end(app).await), (1, 0));
    assert_eq!(app.held(seller).await, "93.33");
    let ended = packet(app, seller, shop).await;
    assert_eq!((&ended["claimed"], &ended["isEnded"]), (&json!(2), &json!(true)));
    app.verified().await;
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_4_a_grant_s_limits_count_the_budget() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    app.top_up(seller, "1000").await.data();
    let clerk = app.clerk(shop, "yunying", &["item.read"]).await;
    app.certify_clerk(&clerk).await;
    let refused = send(app, &clerk, shop, "10", 2, "RANDOM").await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let grant = "mutation($s: ID!) { grantPermission(input: { subAccountId: $s, permission: \"red_packet.send\",
        constraints: { perAction: { amount: \"50\" }, perDay: { amount: \"80\" } } }) { grant { id } userErrors { code message } } }";
    let granted = app.ok(seller, grant, json!({ "s": clerk.id })).await;
    assert!(granted["grantPermission"]["grant"]["id"].is_string(), "{granted}");
    let reason = |answer: &Answer| answer.extensions()["reason"].as_str().unwrap_or_default().to_owned();
    assert_eq!(reason(&send(app, &clerk, shop, "50.01", 2, "RANDOM").await), "LIMIT_PER_ACTION");
    id(&send(app, &clerk, shop, "50", 2, "RANDOM").await);
    let over = send(app, &clerk, shop, "30.01", 2, "RANDOM").await;
    assert_eq!((reason(&over), &over.extensions()["remaining"]), ("LIMIT_PER_DAY".to_owned(), &json!("30.00")));
    id(&send(app, &clerk, shop, "30", 2, "RANDOM").await);
    assert_eq!(app.held(seller).await, "920.00");
    // h19: another shop's is one that does not exist.
    let stranger = app.account("stranger").await;
    app.shop(&stranger).await;
    assert_eq!(send(app, &stranger, shop, "1", 1, "EQUAL").await.code(), "NOT_FOUND");
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_14_a_buyer_finds_the_red_packets_of_a_shop() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    app.top_up(seller, "100").await.data();
    let query = "query($s: ID!) { openRedPackets(shopId: $s) {
        id name startsAt endsAt shares claimed ownShare { amount } } }";
    let open = async |who: &Persona, shop: &str| {
        app.ok(who, query, json!({ "s": shop })).await["openRedPackets"].as_array().unwrap().clone()
    };
    assert!(open(&stall.buyer, shop).await.is_empty());
    let red = id(&send(app, seller, shop, "10", 4, "EQUAL").await);
    let seen = open(&stall.buyer, shop).await;
    assert_eq!((seen.len(), &seen[0]["id"], &seen[0]["name"]), (1, &json!(red), &json!("Double 12")));
    assert_eq!((&seen[0]["shares"], &seen[0]["claimed"], &seen[0]["ownShare"]), (&json!(4), &json!(0), &json!(null)));
    claim(app, &stall.buyer, seen[0]["id"].as_str().unwrap()).await.data();
    let (own, others) = (open(&stall.buyer, shop).await, open(&app.account("other").await, shop).await);
    assert_eq!((&own[0]["claimed"], &own[0]["ownShare"]["amount"]), (&json!(1), &json!("2.50")));
    assert_eq!((&others[0]["claimed"], &others[0]["ownShare"]), (&json!(1), &json!(null)), "nobody sees another's");
    let clerk = app.clerk(shop, "kefu", &["item.read"]).await;
    assert_eq!(open(&clerk, shop).await.len(), 1);
    let other = app.shop(&app.account("boreal").await).await;
    assert!(open(&stall.buyer, &other).await.is_empty(), "of this shop only");
    assert_eq!(app.run(None, query, json!({ "s": shop })).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.run(Some(&clerk.token), query, json!({ "s": "x" })).await.code(), "NOT_FOUND");
    // Only the shop sees the budget and what is left of it, and nobody a red packet that is over.
    let budget = "query($s: ID!) { shop(id: $s) { redPackets(first: 1) { edges { node { left { amount } } } } } }";
    assert_eq!(app.run(Some(&stall.buyer.token), budget, json!({ "s": shop })).await.code(), "FORBIDDEN");
    app.clock.advance(chrono::TimeDelta::hours(2));
    assert!(open(&stall.buyer, shop).await.is_empty());
    stall.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_what_cannot_be_split_is_refused() {
    let stall = Stall::open("10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    app.top_up(seller, "100").await.data();
    for (budget, shares, code) in [
        ("0", 1, "INVALID_AMOUNT"),
        ("-1", 1, "INVALID_AMOUNT"),
        ("0.001", 1, "INVALID_AMOUNT"),
        ("1e2", 1, "INVALID_AMOUNT"),
        ("9223372036854775807", 1, "INVALID_AMOUNT"),
        ("1", 0, "SHARES_INVALID"),
        ("1", -3, "SHARES_INVALID"),
        ("0.09", 10, "SHARES_INVALID"),
        ("100", 1_001, "SHARES_INVALID"),
        ("100.01", 10, "BALANCE_TOO_LOW"),
    ] {
        let answer = send(app, seller, shop, budget, shares, "RANDOM").await;
        assert_eq!(answer.user_error("sendRedPacket"), code, "{budget} / {shares}");
    }
    assert_eq!(claim(app, &stall.buyer, "redp_x").await.code(), "NOT_FOUND");
    // One share for each cent there is: the random split has no choice.
    let red = id(&send(app, seller, shop, "0.02", 2, "RANDOM").await);
    assert_eq!(claim(app, &stall.buyer, &red).await.data()["claimRedPacket"]["amount"]["amount"], "0.01");
    stall.app.stop().await;
}

/// 500 buyers at once for 10 shares: 10 get one, and the sum is the budget.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r4_14_server_five_hundred_claims_of_ten_shares_give_ten_winners() {
    let server = PgServer::start_with(Durability::None).await;
    let app = TestApp::start_on(&server.fresh_database().await, 16).await;
    let stall = Stall::on(app, "10.00").await;
    let (app, seller, shop) = (&stall.app, &stall.seller, stall.shop.as_str());
    app.top_up(seller, "100").await.data();
    let red = id(&send(app, seller, shop, "10", 10, "RANDOM").await);
    let mut buyers = Vec::new();
    for _ in 0..500 {
        buyers.push(app.account("buyer").await);
    }
    let answers = futures_util::future::join_all(buyers.iter().map(|buyer| claim(app, buyer, &red))).await;
    let won: Vec<f64> = answers
        .iter()
        .filter_map(|answer| answer.0["data"]["claimRedPacket"]["amount"]["amount"].as_str()?.parse().ok())
        .collect();
    let gone = answers.iter().filter(|a| a.user_error("claimRedPacket") == "RED_PACKET_GONE").count();
    assert_eq!((won.len(), gone), (10, 490));
    assert!((won.iter().sum::<f64>() - 10.0).abs() < 1e-9 && won.iter().all(|share| *share > 0.0), "{won:?}");
    let after = packet(app, seller, shop).await;
    assert_eq!((&after["claimed"], &after["left"]["amount"]), (&json!(10), &json!("0.00")));
    app.verified().await;
}
