//! Payments, what the gateway makes of them, refunds.

use std::sync::Arc;

use chrono::TimeDelta;
use kith::config;
use kith::providers::payments::Gateway;
use kith::providers::payments::demo::DemoGateway;
use kith::providers::payments::http::HttpGateway;
use rand::RngExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::world::{Bought, MethodKind, yuan};
use super::{Driver, outcome};
use crate::support::app;
use crate::support::intimate::PAYMENT_PASSWORD;
use crate::worker::bank::WAYS;
use crate::worker::pay::client;

/// How long the gateway may take, in milliseconds.
const PATIENCE: u64 = 150;

impl Driver {
    pub async fn pay(&mut self) {
        // The newest is the likeliest to be open.
        let Some(any) = self.one_of(self.world.relations.len()) else { return };
        let relation = if self.chance(3) { any } else { self.world.relations.len() - 1 };
        if self.world.relations[relation].methods.is_empty() && !self.chance(5) {
            return self.set_methods().await;
        }
        self.settle_what_waits().await;
        let amount = self.random.random_range(1..15_000);
        let category = ["books", "books", "games", "medicine"][self.random.random_range(0..4)];
        let (who, month) = (self.relatives[self.world.who_of(relation)].clone(), self.month());
        let item = self.app.item_of(&self.seller, &self.shop, &yuan(amount), category).await;
        let order = self.app.unpaid_order(&who, &self.shop, &item, 1).await;
        let methods = self.world.relations[relation].methods.clone();
        let wanted = self.world.counts(relation, month, amount, category).and_then(|counted| {
            self.world.go_on(&methods, 0, amount).map(|tried| (counted, tried)).ok_or("BALANCE_TOO_LOW")
        });
        self.log.push(format!("pay {amount} for {category} with relation {relation}: {wanted:?}"));
        if self.chance(8) {
            let wrong = self.app.pay_intimately(&who, &self.world.relations[relation].id, &order, "w", "97531").await;
            // What stands in the way of everybody is not told to who does not know the password.
            assert_eq!(outcome(&wrong, "payWithIntimatePay"), "PAYMENT_PASSWORD_WRONG");
        }
        let id = &self.world.relations[relation].id;
        let answer = self.app.pay_intimately(&who, id, &order, &order, PAYMENT_PASSWORD).await;
        assert_eq!(outcome(&answer, "payWithIntimatePay"), wanted.err().unwrap_or(""));
        if let Ok((counted, (at, paid))) = wanted {
            let state = if paid { "PAID" } else { "PENDING" };
            assert_eq!(answer.0["data"]["payWithIntimatePay"]["purchase"]["state"], state);
            self.world.count(relation, counted, month, amount);
            self.world.bought.push(Bought { order, relation, month, amount, back: 0, counted, state, methods, at });
        }
    }

    /// The worker asks the gateway until it knows what became of everything.
    pub async fn settle(&mut self) {
        let declines = self.bank.is_some() && self.chance(4);
        let waiting = self.world.bought.iter().filter(|bought| bought.state == "PENDING").count();
        let settings = config::Payments { timeout_ms: PATIENCE, ..app::config().payments };
        let gateway: Arc<dyn Gateway> = match &self.bank {
            None => Arc::new(DemoGateway(self.app.door.env.keys.clone())),
            Some(bank) => {
                let ways = self.random.random_range(0..4);
                let plan: Vec<_> = (0..ways).map(|_| WAYS[self.random.random_range(0..WAYS.len())]).collect();
                self.log.push(format!("the bank declines: {declines}, and does {plan:?}"));
                *bank.plan.lock().await = plan;
                bank.books.lock().await.declines = declines;
                Arc::new(HttpGateway(client(&self.app, &bank.url, PATIENCE, 1_000)))
            }
        };
        self.log.push(format!("settle {waiting}"));
        let worker = self.app.payer(gateway, settings);
        for _ in 0..30 {
            worker.pay(&CancellationToken::new()).await.unwrap();
            if self.is_settled().await {
                break;
            }
            self.app.clock.advance(TimeDelta::seconds(10));
        }
        assert!(self.is_settled().await, "something is asked about for ever");
        self.world.settle(declines);
    }

    /// Settles if something is under way. Of two that end together nobody can say which finds the balance first.
    async fn settle_what_waits(&mut self) {
        if self.world.refused_refunds > 0 || self.world.bought.iter().any(|bought| bought.state == "PENDING") {
            self.settle().await;
        }
    }

    /// Whether nothing waits for the gateway.
    async fn is_settled(&self) -> bool {
        use diesel::sql_types::BigInt;
        use diesel_async::RunQueryDsl as _;
        let mut conn = self.app.door.db.get::<std::convert::Infallible>().await.unwrap();
        let waiting: i64 = diesel::dsl::sql::<BigInt>(
            "SELECT (SELECT count(*) FROM payments WHERE state = 'PENDING')
                  + (SELECT count(*) FROM gateway_jobs WHERE state = 'PENDING')",
        )
        .get_result(&mut *conn)
        .await
        .unwrap();
        waiting == 0
    }

    pub async fn refund(&mut self) {
        self.settle_what_waits().await;
        let Some(at) = self.one_of(self.world.bought.len()) else { return };
        let Bought { ref order, relation, month, amount, back, counted, state, ref methods, at: method } =
            self.world.bought[at];
        if state != "PAID" {
            return;
        }
        let (order, kind, left) = (order.clone(), self.world.methods[methods[method]].kind, amount - back);
        let amount = self.random.random_range(1..=left + left / 5 + 1);
        let wanted = if amount > left { "EXCEEDS_ORDER" } else { "" };
        self.log.push(format!("refund {amount} of {left} of purchase {at} by {kind:?}: {wanted}"));
        let ask = "mutation($input: RequestRefundInput!) {
            requestRefund(input: $input) { refund { id } userErrors { code } } }";
        let input = json!({ "orderId": order, "amount": { "amount": yuan(amount) }, "reason": "x" });
        let buyer = &self.relatives[self.world.who_of(relation)];
        let asked = self.app.run(Some(&buyer.token), ask, json!({ "input": input })).await;
        assert_eq!(outcome(&asked, "requestRefund"), wanted);
        let Value::String(refund) = &asked.0["data"]["requestRefund"]["refund"]["id"] else { return };
        let approved = self.app.approve(&self.seller, refund, refund).await;
        assert_eq!(approved.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{approved:?}");
        self.world.bought[at].back += amount;
        self.world.count(relation, counted, month, -amount);
        match kind {
            MethodKind::Balance => self.world.balance += amount,
            MethodKind::NotRefunded => self.world.refused_refunds += amount,
            _ => self.world.given_back += amount,
        }
    }
}
