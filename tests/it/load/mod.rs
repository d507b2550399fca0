//! Many at once, and killed in the middle: what only a server with many connections, or a real process, can show.

mod approvals;
mod intimate_kill;
mod intimate_pay;
mod kill;
mod outage;
mod replicas;

use serde_json::{Value, json};

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
        let order = orders["data"]["viewer"]["orders"]["edges"][0]["node"]["id"].as_str().unwrap().to_owned();
        let request = "mutation($id: ID!) {
            requestRefund(input: { orderId: $id, amount: { amount: \"0.01\" }, reason: \"x\" }) { refund { id } } }";
        let mut made = Vec::new();
        for _ in 0..count {
            let answer = self.ask(&buyer, request, json!({ "id": order })).await.unwrap();
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
