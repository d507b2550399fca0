//! Shops: what they sell, sold and refund.

mod approve_refund;
mod approve_refunds;
mod charity;
mod create_item;
mod denials;
mod foreign_ids;
mod item_changes;
mod open_shop;
mod place_order;
mod reads;
mod reject_refund;
mod request_refund;
mod settlement;

use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};

/// A seller's shop with a lamp for sale, and a buyer.
struct Market {
    app: TestApp,
    seller: Persona,
    buyer: Persona,
    shop: String,
    item: String,
}

impl Market {
    /// The lamp costs `price`.
    async fn open(price: &str) -> Self {
        Self::on(TestApp::start().await, price).await
    }

    async fn on(app: TestApp, price: &str) -> Self {
        let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
        let shop = app.shop(&seller).await;
        let item = app.item(&seller, &shop, price).await;
        Self { app, seller, buyer, shop, item }
    }

    /// Runs a mutation that takes one input and a key.
    async fn call(&self, who: &Persona, mutation: &str, input: Value, select: &str) -> Answer {
        let kind = mutation[..1].to_uppercase() + &mutation[1..];
        let key = uuid::Uuid::now_v7();
        let query = format!(
            "mutation($input: {kind}Input!) {{ {mutation}(input: $input) @idempotent(key: \"{key}\") {{
               {select} userErrors {{ code field message }} }} }}"
        );
        self.app.run(Some(&who.token), &query, json!({ "input": input })).await
    }

    /// Verifies everything, and ends in good order.
    async fn close(self) {
        self.app.verified().await;
        self.app.stop().await;
    }
}
