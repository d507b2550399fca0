//! `kill -9` in the middle of approvals, on the embedded database: what was acknowledged is there, nothing is half done.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::{Server, kith, run};

async fn ask(client: &reqwest::Client, address: &str, token: &str, query: &str, variables: Value) -> Option<Value> {
    let request = client
        .post(format!("http://{address}/graphql"))
        .bearer_auth(token)
        .json(&json!({ "query": query, "variables": variables }));
    request.send().await.ok()?.json().await.ok()
}

async fn token(client: &reqwest::Client, address: &str, persona: &str) -> String {
    let personas: Value =
        client.get(format!("http://{address}/demo/personas")).send().await.unwrap().json().await.unwrap();
    let all = personas["personas"].as_array().unwrap();
    all.iter().find(|p| p["id"] == persona).unwrap()["token"].as_str().unwrap().to_owned()
}

const APPROVE: &str = "mutation($id: ID!, $key: String!) {
    approveRefund(input: { refundId: $id }) @idempotent(key: $key) { refund { id state } userErrors { code } } }";

/// Many refunds of one fen each, asked for by the buyer.
async fn refunds(client: &reqwest::Client, address: &str, count: usize) -> Vec<String> {
    let buyer = token(client, address, "meimei").await;
    let orders = ask(client, address, &buyer, "{ viewer { orders(first: 10) { edges { node { id } } } } }", json!({}));
    let orders = orders.await.unwrap();
    let order = orders["data"]["viewer"]["orders"]["edges"][0]["node"]["id"].as_str().unwrap().to_owned();
    let request = "mutation($id: ID!) {
        requestRefund(input: { orderId: $id, amount: { amount: \"0.01\" }, reason: \"x\" }) { refund { id } } }";
    let mut made = Vec::new();
    for _ in 0..count {
        let answer = ask(client, address, &buyer, request, json!({ "id": order })).await.unwrap();
        made.push(answer["data"]["requestRefund"]["refund"]["id"].as_str().unwrap().to_owned());
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn kill9_h02_h03_every_acknowledged_approval_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Server::start(kith(folder.path()).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let client = reqwest::Client::new();
    let mut server = start();
    let refunds = refunds(&client, &server.address, 1_000).await;
    let mut acknowledged = HashSet::new();
    // A kill after each of these many answers: seeded, so that a failure can be run again.
    for (kill_after, seed) in [(137, 1_u64), (211, 2), (89, 3), (256, 4)] {
        let seller = token(&client, &server.address, "aurora").await;
        let waiting: Vec<String> = refunds.iter().filter(|id| !acknowledged.contains(*id)).cloned().collect();
        let (done, mut answers) = tokio::sync::mpsc::unbounded_channel();
        let (address, calls) = (server.address.clone(), client.clone());
        let work = tokio::spawn(async move {
            for id in waiting {
                let Some(answer) = ask(&calls, &address, &seller, APPROVE, json!({ "id": id, "key": id })).await else {
                    return;
                };
                if answer["data"]["approveRefund"]["refund"]["state"] == "APPROVED" {
                    let _ = done.send(id);
                }
            }
        });
        for _ in 0..kill_after {
            if let Some(id) = answers.recv().await {
                acknowledged.insert(id);
            }
        }
        tokio::time::sleep(Duration::from_millis(seed * 3)).await;
        server.signal("-KILL");
        work.await.unwrap();
        while let Ok(id) = answers.try_recv() {
            acknowledged.insert(id);
        }
        server = start();
    }
    // Retry every key: each is approved exactly once, those that were acknowledged included.
    let seller = token(&client, &server.address, "aurora").await;
    for id in &refunds {
        let answer = ask(&client, &server.address, &seller, APPROVE, json!({ "id": id, "key": id })).await.unwrap();
        assert_eq!(answer["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{answer}");
    }
    let trail = "{ shop { orders(first: 100) { edges { node { refunded { amount } } } } } }";
    let orders = ask(&client, &server.address, &seller, trail, json!({})).await.unwrap();
    let edges = orders["data"]["shop"]["orders"]["edges"].as_array().unwrap();
    let refunded: Vec<&str> = edges.iter().filter_map(|e| e["node"]["refunded"]["amount"].as_str()).collect();
    assert!(refunded.contains(&"10.00"), "a thousand times one fen, once each: {refunded:?}");
    assert_eq!(server.signal("-TERM"), Some(0));
    for verify in [["ledger", "verify"], ["audit", "verify"]] {
        let (code, out, err) = run(kith(folder.path()).args(verify));
        assert_eq!(code, 0, "{out}{err}");
    }
}
