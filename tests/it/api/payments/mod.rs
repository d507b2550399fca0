//! Payment accounts, cards, balances, and orders that are paid with them.

mod cards;
mod closing;
mod compensation;
mod deposits;
mod methods;
mod orders;
mod red_packets;
mod refunds;

use crate::support::app::{Persona, TestApp};

/// A seller with an item at a price, and a buyer.
pub struct Stall {
    pub app: TestApp,
    pub seller: Persona,
    pub buyer: Persona,
    pub shop: String,
    pub item: String,
}

impl Stall {
    pub async fn open(price: &str) -> Self {
        Self::on(TestApp::start().await, price).await
    }

    pub async fn on(app: TestApp, price: &str) -> Self {
        let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
        let shop = app.shop(&seller).await;
        let item = app.item(&seller, &shop, price).await;
        Self { app, seller, buyer, shop, item }
    }

    pub async fn unpaid(&self) -> String {
        self.app.unpaid_order(&self.buyer, &self.shop, &self.item, 1).await
    }
}
