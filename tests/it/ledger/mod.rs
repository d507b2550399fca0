//! The ledger of a shop: what it holds, what it refuses, what `verify` finds.

mod posting;
mod verify;

use kith::domains::payments::ledger::{self, Report};

use crate::support::app::{Persona, TestApp};

/// A shop in which an order of ¥600 was paid and ¥150 and ¥50 of it were given back.
pub struct Books {
    pub app: TestApp,
    pub shop: String,
    pub order: String,
    pub refunds: [String; 2],
    pub seller: Persona,
    pub buyer: Persona,
}

impl Books {
    pub async fn open() -> Self {
        let app = TestApp::start().await;
        let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
        let shop = app.shop(&seller).await;
        let item = app.item(&seller, &shop, "600.00").await;
        let order = app.order(&buyer, &shop, &item, 1).await;
        let refunds = [app.refund(&buyer, &order, "150.00").await, app.refund(&buyer, &order, "50.00").await];
        for (n, refund) in refunds.iter().enumerate() {
            app.approve(&seller, refund, &format!("k{n}")).await.data();
        }
        Self { app, shop, order, refunds, seller, buyer }
    }

    pub async fn verify(&self) -> Report {
        ledger::verify(&self.app.door.db).await.unwrap()
    }

    /// Does something to a table behind the back of its triggers, as somebody with the database's password can.
    pub async fn by_hand(&self, table: &str, sql: &str) {
        let off = format!("ALTER TABLE {table} DISABLE TRIGGER USER; {sql}; ALTER TABLE {table} ENABLE TRIGGER USER");
        self.app.sql(&off).await;
    }

    /// The ledger entry of a refund, as the audit trail tells of it.
    pub async fn entry_of(&self, refund: &str) -> String {
        let query = "query($shop: ID!, $refund: ID!) {
            auditTrail(shopId: $shop, filter: { target: $refund, action: \"approveRefund\" }) {
              edges { node { detail { key value } } } } }";
        let variables = serde_json::json!({ "shop": self.shop, "refund": refund });
        let data = self.app.ok(&self.seller, query, variables).await;
        let lines = data["auditTrail"]["edges"][0]["node"]["detail"].as_array().unwrap().clone();
        lines.iter().find(|line| line["key"] == "ledger.entry").cloned().unwrap()["value"].as_str().unwrap().to_owned()
    }
}
