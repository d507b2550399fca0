//! Property 3: payments of a relative while the server is killed.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::{Burst, Client};
use crate::cli::{Server, kith, run};
use crate::support::pg::PgServer;

pub(super) const PAY: &str = "mutation($r: ID!, $o: ID!, $key: String!) {
    payWithIntimatePay(input: { intimatePayId: $r, orderId: $o, paymentPassword: \"135790\" }) @idempotent(key: $key) {
      purchase { id state orderId } userErrors { code message } } }";

/// How many requests wait at the same time, where it does not matter.
const AT_ONCE: usize = 8;

pub(super) fn paid(answer: &Value) -> bool {
    answer["data"]["payWithIntimatePay"]["purchase"]["state"] == "PAID"
}

impl Client {
    pub(super) async fn data(&self, who: &str, query: &str, variables: Value) -> Value {
        let answer = self.ask(&self.token(who).await, query, variables).await.unwrap();
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }

    /// Money on the daughter's balance, which pays from now on; gives the relation.
    pub(super) async fn fund(&self) -> String {
        let add = "mutation { addPaymentAccount(input: { handle: \"fang@pay.example.com\" }) {
            paymentMethod { id } userErrors { code } } }";
        let method = self.data("wangfang", add, json!({})).await["addPaymentAccount"]["paymentMethod"]["id"].clone();
        let outbox = "{ devOutbox(first: 20) { to text } }";
        let mut code = None;
        for _ in 0..200 {
            let sent = self.data("wangfang", outbox, json!({})).await;
            let sent = sent["devOutbox"].as_array().unwrap().clone();
            let found = sent.iter().find(|sent| sent["to"] == "fang@pay.example.com");
            code = found.and_then(|sent| {
                let text = sent["text"].as_str().unwrap();
                text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).map(str::to_owned)
            });
            if code.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let verify = "mutation($m: ID!, $c: String!) {
            verifyPaymentAccount(input: { paymentMethodId: $m, code: $c }) { paymentMethod { id } userErrors { code } } }";
        self.data("wangfang", verify, json!({ "m": method, "c": code.expect("a code in the outbox") })).await;
        let top_up = "mutation { topUpBalance(input: { amount: { amount: \"500\" } }) @idempotent(key: \"fund\") {
            userErrors { code } } }";
        self.data("wangfang", top_up, json!({})).await;
        let relation = self.relation().await;
        let set = "mutation($r: ID!, $m: [ID!]!) {
            setIntimatePayMethods(input: { intimatePayId: $r, methodIds: $m }) { userErrors { code } } }";
        let set = self.data("wangfang", set, json!({ "r": relation, "m": [method] })).await;
        assert_eq!(set["setIntimatePayMethods"]["userErrors"], json!([]), "{set}");
        relation
    }

    /// The daughter's relation with her father.
    pub(super) async fn relation(&self) -> String {
        let relation = "{ viewer { intimatePays(first: 1) { edges { node { id } } } } }";
        let seen = self.data("wangfang", relation, json!({})).await;
        seen["viewer"]["intimatePays"]["edges"][0]["node"]["id"].as_str().unwrap().to_owned()
    }

    /// Orders of the father's of one fen each, which wait to be paid.
    pub(super) async fn unpaid(&self, count: usize) -> Vec<String> {
        let seller = self.token("aurora").await;
        let make = "mutation { createItem(input: { title: \"Bulb\", price: { amount: \"0.01\" } }) { itemId } }";
        let item = self.ask(&seller, make, json!({})).await.unwrap()["data"]["createItem"]["itemId"].clone();
        let shop = self.ask(&seller, "{ shop { id } }", json!({})).await.unwrap()["data"]["shop"]["id"].clone();
        let father = self.token("wangjianguo").await;
        let place = "mutation($s: ID!, $i: ID!, $k: String!) {
            placeOrder(input: { shopId: $s, itemId: $i, payLater: true }) @idempotent(key: $k) { order { id } } }";
        let placed = stream::iter(0..count).map(async |n| {
            let key = format!("order {n}");
            let placed = self.ask(&father, place, json!({ "s": shop, "i": item, "k": key })).await.unwrap();
            placed["data"]["placeOrder"]["order"]["id"].as_str().unwrap_or_else(|| panic!("{placed}")).to_owned()
        });
        placed.buffered(AT_ONCE).collect().await
    }

    /// Pays an order, with its id as key.
    pub(super) async fn pay(&self, token: &str, relation: &str, order: &str) -> Option<Value> {
        self.ask(token, PAY, json!({ "r": relation, "o": order, "key": order })).await
    }

    /// What the month's quota says, and what its bill adds up to.
    pub(super) async fn used_and_spent(&self) -> (String, String) {
        let query =
            "{ viewer { intimatePays(first: 1) { edges { node { used { amount } bill { spent { amount } } } } } } }";
        let node = self.data("wangfang", query, json!({})).await["viewer"]["intimatePays"]["edges"][0]["node"].clone();
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{node}")).to_owned();
        (text(&node["used"]["amount"]), text(&node["bill"]["spent"]["amount"]))
    }
}

/// A server with demo data. Payment passwords cost less than in production: they are compared some thousand times here.
fn demo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = kith(folder);
    command.args(arguments).env("KITH_AUTH__ARGON2__M_KIB", "8192").env("KITH_AUTH__ARGON2__T", "1");
    command
}

/// Kills a server at random moments (seeded) of a thousand payments, retries every key and verifies.
async fn killed_during_payments(kills: usize, at_once: usize, seed: u64, command: impl Fn(&[&str]) -> Command) {
    let start = || Server::start(&mut command(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let mut random = StdRng::seed_from_u64(seed);
    let mut server = start();
    let mut client = Client::to(&server.address);
    let relation = client.fund().await;
    let before = client.used_and_spent().await;
    let orders = client.unpaid(1_000).await;
    let mut burst = Burst { all: orders.clone(), acknowledged: HashSet::new(), at_once };
    for _ in 0..kills {
        let father = client.token("wangjianguo").await;
        let pay = |order: String| {
            let (client, father, relation) = (client.clone(), father.clone(), relation.clone());
            async move { Some(paid(&client.pay(&father, &relation, &order).await?)) }
        };
        let (answers, after) = (random.random_range(1..40), random.random_range(0..20_000));
        burst.kill(server, answers, Duration::from_micros(after), pay).await;
        server = start();
        client = Client::to(&server.address);
    }
    // Retry every key: each is paid exactly once, those that were acknowledged included.
    let father = client.token("wangjianguo").await;
    let retried = stream::iter(&orders).map(async |order| {
        let answer = client.pay(&father, &relation, order).await.unwrap();
        assert!(paid(&answer), "seed {seed}: {answer}");
        assert_eq!(answer["data"]["payWithIntimatePay"]["purchase"]["orderId"], json!(order));
    });
    retried.buffered(AT_ONCE).collect::<()>().await;
    let after = client.used_and_spent().await;
    let yuan = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    assert_eq!(yuan(&after.0) - yuan(&before.0), 1_000, "seed {seed}: a thousand times one fen, once each");
    assert_eq!(after.0, after.1, "seed {seed}: the quota is what was spent");
    assert_eq!(server.signal("-TERM"), Some(0));
    for verify in [["ledger", "verify"], ["audit", "verify"]] {
        let (code, out, err) = run(&mut command(&verify));
        assert_eq!(code, 0, "seed {seed}: {out}{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill9_h02_h03_r0_8_every_payment_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    killed_during_payments(5, 2, 1, |arguments| demo(folder.path(), arguments)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill9_h02_h03_r0_8_every_payment_is_made_once_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = PgServer::start().await;
    let url = postgres.fresh_database().await;
    let command = |arguments: &[&str]| {
        let mut command = demo(folder.path(), arguments);
        command.env("DATABASE_URL", &url);
        if arguments.contains(&"--demo") {
            command.arg("--allow-external-demo-database");
        }
        command
    };
    killed_during_payments(20, 8, 2, command).await;
}
