//! Money in tests: payment accounts with a balance, cards, orders that wait, and what the worker does with them.

use std::sync::Arc;

use kith::config;
use kith::providers::payments::Gateway;
use kith::providers::payments::demo::DemoGateway;
use kith::worker::Worker;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::app::{Answer, Persona, TestApp, config};

impl TestApp {
    /// A payment account of somebody, verified, that holds so much; gives the method's id.
    pub async fn balance(&self, who: &Persona, amount: &str) -> String {
        let handle = format!("{}@pay.example.com", who.login);
        let add = "mutation($h: String!) {
            addPaymentAccount(input: { handle: $h }) { paymentMethod { id isUsable } userErrors { code message } } }";
        let added = self.ok(who, add, json!({ "h": handle })).await;
        let method = added["addPaymentAccount"]["paymentMethod"]["id"].as_str().unwrap_or_else(|| panic!("{added}"));
        let code = self.code_to(&handle).await;
        let verify = "mutation($m: ID!, $c: String!) {
            verifyPaymentAccount(input: { paymentMethodId: $m, code: $c }) { paymentMethod { isUsable } userErrors { code } } }";
        let verified = self.ok(who, verify, json!({ "m": method, "c": code })).await;
        assert_eq!(verified["verifyPaymentAccount"]["paymentMethod"]["isUsable"], true, "{verified}");
        if amount != "0" {
            self.top_up(who, amount).await.data();
        }
        method.to_owned()
    }

    /// Puts play money on a balance.
    pub async fn top_up(&self, who: &Persona, amount: &str) -> Answer {
        let top_up = "mutation($a: Decimal!, $k: String!) {
            topUpBalance(input: { amount: { amount: $a } }) @idempotent(key: $k) { balance { amount } userErrors { code } } }";
        let key = Uuid::now_v7().to_string();
        self.run(Some(&who.token), top_up, json!({ "a": amount, "k": key })).await
    }

    /// What somebody's balance holds.
    pub async fn held(&self, who: &Persona) -> String {
        let data = self.ok(who, "{ viewer { balance { amount } } }", json!({})).await;
        data["viewer"]["balance"]["amount"].as_str().unwrap().to_owned()
    }

    /// A card of somebody, by a number of the demo gateway; gives the method's id.
    pub async fn card(&self, who: &Persona, number: &str) -> String {
        let answer = self.add_card(who, number, 12, 2030).await;
        let id = answer.0["data"]["addCard"]["paymentMethod"]["id"].as_str();
        id.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    /// Adds a card.
    pub async fn add_card(&self, who: &Persona, number: &str, month: i32, year: i32) -> Answer {
        let add = "mutation($n: String!, $m: Int!, $y: Int!) {
            addCard(input: { number: $n, expiryMonth: $m, expiryYear: $y, kind: CREDIT }) {
              paymentMethod { id kind label brand lastFour expires isUsable } userErrors { code field message } } }";
        self.run(Some(&who.token), add, json!({ "n": number, "m": month, "y": year })).await
    }

    /// An order that waits to be paid.
    pub async fn unpaid_order(&self, buyer: &Persona, shop: &str, item: &str, quantity: i32) -> String {
        let place = "mutation($input: PlaceOrderInput!, $key: String!) {
            placeOrder(input: $input) @idempotent(key: $key) { order { id state } userErrors { code } } }";
        let input = json!({ "shopId": shop, "itemId": item, "quantity": quantity, "payLater": true });
        let answer = self.ok(buyer, place, json!({ "input": input, "key": Uuid::now_v7().to_string() })).await;
        assert_eq!(answer["placeOrder"]["order"]["state"], "AWAITING_PAYMENT", "{answer}");
        answer["placeOrder"]["order"]["id"].as_str().unwrap().to_owned()
    }

    /// Pays an order with methods, in their order.
    pub async fn pay(&self, who: &Persona, order: &str, methods: &[&str]) -> Answer {
        let pay = "mutation($o: ID!, $m: [ID!]!, $k: String!) {
            payOrder(input: { orderId: $o, paymentMethodIds: $m }) @idempotent(key: $k) {
              payment { id state failure amount { amount } } userErrors { code field message } } }";
        self.run(Some(&who.token), pay, json!({ "o": order, "m": methods, "k": Uuid::now_v7().to_string() })).await
    }

    /// Where an order stands, as its buyer sees it.
    pub async fn order_state(&self, buyer: &Persona, order: &str) -> String {
        let query = "query($id: ID!) { node(id: $id) { ... on Order { state } } }";
        let data = self.ok(buyer, query, json!({ "id": order })).await;
        data["node"]["state"].as_str().unwrap_or_else(|| panic!("{data}")).to_owned()
    }

    /// The newest payment of somebody.
    pub async fn newest_payment(&self, who: &Persona) -> Value {
        let query = "{ viewer { payments(first: 1) { edges { node {
            id state failure orderId amount { amount } refunded { amount } } } } } }";
        self.ok(who, query, json!({})).await["viewer"]["payments"]["edges"][0]["node"].clone()
    }

    /// How many tokens of cards the database holds.
    pub async fn held_tokens(&self) -> i64 {
        use diesel::sql_types::BigInt;
        use diesel_async::RunQueryDsl as _;
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        let count = "SELECT (SELECT count(*) FROM card_removals) + (SELECT count(token) FROM payment_methods)";
        diesel::dsl::sql::<BigInt>(count).get_result(&mut *conn).await.unwrap()
    }

    /// A worker that asks a gateway and does nothing else.
    pub fn payer(&self, gateway: Arc<dyn Gateway>, settings: config::Payments) -> Worker {
        Worker::new(Arc::clone(&self.door), Vec::new(), config().worker).with_gateway(gateway, settings)
    }

    /// Lets the worker pay by the built-in gateway until nothing is due; says how much was settled.
    pub async fn pay_out(&self) -> u64 {
        let gateway = Arc::new(DemoGateway(self.door.env.keys.clone()));
        self.payer(gateway, config().payments).pay(&CancellationToken::new()).await.unwrap()
    }
}
