//! Many at once, and killed in the middle: what only a server with many connections, or a real process, can show.

mod approvals;
mod card_kill;
mod intimate_gone;
mod intimate_kill;
mod intimate_pay;
mod kill;
mod outage;
mod replicas;
mod together;

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::Server;

/// A client of a real server process.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    address: String,
}

impl Client {
    fn to(address: &str) -> Self {
        Self { http: reqwest::Client::new(), address: address.to_owned() }
    }

    /// The answer, or nothing when the server did not give one.
    async fn ask(&self, token: &str, query: &str, variables: Value) -> Option<Value> {
        let request = self
            .http
            .post(format!("http://{}/graphql", self.address))
            .bearer_auth(token)
            .json(&json!({ "query": query, "variables": variables }));
        request.send().await.ok()?.json().await.ok()
    }

    /// The token of a persona of the demo.
    async fn token(&self, persona: &str) -> String {
        let answer = self.http.get(format!("http://{}/demo/personas", self.address)).send().await.unwrap();
        let personas: Value = answer.json().await.unwrap();
        let all = personas["personas"].as_array().unwrap();
        all.iter().find(|p| p["id"] == persona).unwrap()["token"].as_str().unwrap().to_owned()
    }

    /// Many refunds of one fen each, asked for by the demo's buyer on one order.
    async fn refunds(&self, count: usize) -> Vec<String> {
        let buyer = self.token("meimei").await;
        let orders = "{ viewer { orders(first: 10) { edges { node { id } } } } }";
        let orders = self.ask(&buyer, orders, json!({})).await.unwrap();
        let order = orders["data"]["viewer"]["orders"]["edges"][0]["node"]["id"].as_str().unwrap();
        self.refunds_of(&buyer, order, count).await
    }

    /// An order of a buyer in the demo's first shop.
    async fn order(&self, buyer: &str) -> String {
        let items = "{ shop { id items(first: 1) { edges { node { id } } } } }";
        let shop = &self.ask(&self.token("aurora").await, items, json!({})).await.unwrap()["data"]["shop"];
        let (shop, item) = (&shop["id"], &shop["items"]["edges"][0]["node"]["id"]);
        let place = "mutation($shop: ID!, $item: ID!, $key: String!) {
            placeOrder(input: { shopId: $shop, itemId: $item }) @idempotent(key: $key) { order { id } userErrors { code } } }";
        let key = uuid::Uuid::now_v7().to_string();
        let answer = self.ask(buyer, place, json!({ "shop": shop, "item": item, "key": key })).await.unwrap();
        let order = answer["data"]["placeOrder"]["order"]["id"].as_str();
        order.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Many refunds of one fen each, asked for by a buyer on an order.
    async fn refunds_of(&self, buyer: &str, order: &str, count: usize) -> Vec<String> {
        let request = "mutation($id: ID!) {
            requestRefund(input: { orderId: $id, amount: { amount: \"0.01\" }, reason: \"x\" }) { refund { id } } }";
        let mut made = Vec::new();
        for _ in 0..count {
            let answer = self.ask(buyer, request, json!({ "id": order })).await.unwrap();
            made.push(answer["data"]["requestRefund"]["refund"]["id"].as_str().unwrap().to_owned());
        }
        made
    }

    /// Approves a refund, with its id as key.
    async fn approve(&self, token: &str, refund: &str) -> Option<Value> {
        self.ask(token, APPROVE, json!({ "id": refund, "key": refund })).await
    }

    /// What was given back of the order of [`Client::refunds`], in fen, as the shop reads it.
    async fn refunded(&self, token: &str, refund: &str) -> String {
        let query = "query($id: ID!) { node(id: $id) { ... on Refund { order { refunded { amount } } } } }";
        let answer = self.ask(token, query, json!({ "id": refund })).await.unwrap();
        answer["data"]["node"]["order"]["refunded"]["amount"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

const APPROVE: &str = "mutation($id: ID!, $key: String!) {
    approveRefund(input: { refundId: $id }) @idempotent(key: $key) { refund { id state } userErrors { code } } }";

/// Whether an answer says that the refund is approved.
fn approved(answer: &Value) -> bool {
    answer["data"]["approveRefund"]["refund"]["state"] == "APPROVED"
}

/// What is done by key, one after the other in each of several clients, until the server is killed.
struct Burst {
    /// What is to be done; what was acknowledged is left out.
    all: Vec<String>,
    /// What the server said it did.
    acknowledged: HashSet<String>,
    /// How many clients.
    at_once: usize,
}

impl Burst {
    /// Lets the clients work, kills the server a while after that many answers, and notes every answer that arrived. `act`
    /// does one thing and says whether it is done; nothing when there was no answer.
    async fn kill<F>(&mut self, server: Server, answers: usize, after: Duration, act: impl Fn(String) -> F)
    where
        F: Future<Output = Option<bool>> + Send + 'static,
    {
        let waiting: Vec<&String> = self.all.iter().filter(|id| !self.acknowledged.contains(*id)).collect();
        let (done, mut arrived) = tokio::sync::mpsc::unbounded_channel();
        let work: Vec<_> = waiting
            .chunks(waiting.len().div_ceil(self.at_once).max(1))
            .map(|share| {
                let acts: Vec<_> = share.iter().map(|&id| (id.clone(), act(id.clone()))).collect();
                let done = done.clone();
                tokio::spawn(async move {
                    for (id, act) in acts {
                        match act.await {
                            None => return,
                            Some(true) => drop(done.send(id)),
                            Some(false) => {}
                        }
                    }
                })
            })
            .collect();
        drop(done);
        for _ in 0..answers {
            self.acknowledged.extend(arrived.recv().await);
        }
        tokio::time::sleep(after).await;
        server.signal("-KILL");
        for client in work {
            client.await.unwrap();
        }
        while let Ok(id) = arrived.try_recv() {
            self.acknowledged.insert(id);
        }
    }
}
