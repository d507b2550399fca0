//! Property 8: a seeded generator drives the server and a small model in memory; they agree after every step.
//!
//! A failing seed prints how to run it again: `KITH_SEED=… cargo nextest run --workspace --test it -E 'test(model_agrees)'`.

use std::collections::BTreeMap;

use chrono::{Datelike as _, TimeDelta};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::support::app::Answer;
use crate::support::intimate::{Home, PAYMENT_PASSWORD};

/// What happened to a purchase.
#[derive(Debug, Clone)]
struct Bought {
    order: String,
    month: (i32, u32),
    amount: i64,
    back: i64,
    counted: bool,
}

/// All that the rules need to know, in amounts of fen.
#[derive(Debug)]
struct Model {
    cap: i64,
    per_payment: Option<i64>,
    blocked: bool,
    state: &'static str,
    balance: i64,
    used: BTreeMap<(i32, u32), i64>,
    changes: BTreeMap<(i32, u32), i64>,
    bought: Vec<Bought>,
    wrong: u32,
}

impl Model {
    /// The code that a payment is refused with; nothing when it passes.
    fn refuses(&self, month: (i32, u32), amount: i64, games: bool) -> &'static str {
        let used = self.used.get(&month).copied().unwrap_or(0);
        match self.state {
            "FROZEN" => "RELATION_FROZEN",
            "ENDED" => "RELATION_ENDED",
            _ if games && self.blocked => "CATEGORY_NOT_ALLOWED",
            _ if self.per_payment.is_some_and(|most| amount > most) => "LIMIT_PER_ACTION",
            _ if amount > self.cap - used => "LIMIT_PER_MONTH",
            _ if amount > self.balance => "BALANCE_TOO_LOW",
            _ => "",
        }
    }
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn outcome(answer: &Answer, mutation: &str) -> String {
    match answer.code() {
        "" => answer.user_error(mutation).to_owned(),
        code => code.to_owned(),
    }
}

struct Driver {
    home: Home,
    model: Model,
    random: StdRng,
    log: Vec<String>,
}

impl Driver {
    async fn start(seed: u64) -> Self {
        let home = Home::open("300").await;
        home.app.sql("UPDATE sessions SET expires_at = '2100-01-01', stepped_up_at = '2099-01-01'").await;
        let model = Model {
            cap: 30_000,
            per_payment: None,
            blocked: false,
            state: "ACTIVE",
            balance: 10_000_000,
            used: BTreeMap::new(),
            changes: BTreeMap::new(),
            bought: Vec::new(),
            wrong: 0,
        };
        Self { home, model, random: StdRng::seed_from_u64(seed), log: Vec::new() }
    }

    fn month(&self) -> (i32, u32) {
        let local = self.home.app.now().with_timezone(&chrono_tz::Asia::Shanghai);
        (local.year(), local.month())
    }

    async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..45 => self.pay().await,
            45..60 => self.refund().await,
            60..70 => self.change().await,
            70..78 => self.freeze().await,
            78..84 => self.wrong_password().await,
            84..98 => {
                let hours = self.random.random_range(-30..400);
                self.home.app.clock.advance(TimeDelta::hours(hours));
                self.log.push(format!("clock {hours} h"));
            }
            _ => self.end().await,
        }
        self.compare().await;
    }

    async fn pay(&mut self) {
        let amount = self.random.random_range(1..15_000);
        let games = self.random.random_range(0..4) == 0;
        let order = self.home.order(&yuan(amount), if games { "games" } else { "books" }).await;
        let wanted = self.model.refuses(self.month(), amount, games);
        self.log.push(format!("pay {amount} games={games}: {wanted}"));
        let got = outcome(&self.home.pay(&order).await, "payWithIntimatePay");
        assert_eq!(got, wanted, "{:?}", self.model);
        if wanted.is_empty() {
            *self.model.used.entry(self.month()).or_default() += amount;
            self.model.balance -= amount;
            let bought = Bought { order, month: self.month(), amount, back: 0, counted: true };
            self.model.bought.push(bought);
        }
    }

    async fn refund(&mut self) {
        if self.model.bought.is_empty() {
            return;
        }
        let at = self.random.random_range(0..self.model.bought.len());
        let (order, left) = {
            let bought = &self.model.bought[at];
            (bought.order.clone(), bought.amount - bought.back)
        };
        let amount = self.random.random_range(1..=left + left / 5 + 1);
        self.log.push(format!("refund {amount} of {left}"));
        let ask = "mutation($input: RequestRefundInput!) {
            requestRefund(input: $input) { refund { id } userErrors { code } } }";
        let input = json!({ "orderId": order, "amount": { "amount": yuan(amount) }, "reason": "x" });
        let asked = self.home.app.run(Some(&self.home.father.token), ask, json!({ "input": input })).await;
        let wanted = if amount > left { "EXCEEDS_ORDER" } else { "" };
        assert_eq!(outcome(&asked, "requestRefund"), wanted);
        let Value::String(refund) = &asked.0["data"]["requestRefund"]["refund"]["id"] else { return };
        let approved = self.home.app.approve(&self.home.seller, refund, refund).await;
        assert_eq!(approved.0["data"]["approveRefund"]["refund"]["state"], "APPROVED", "{approved:?}");
        let bought = &mut self.model.bought[at];
        bought.back += amount;
        self.model.balance += amount;
        if bought.counted {
            *self.model.used.entry(bought.month).or_default() -= amount;
        }
    }

    async fn change(&mut self) {
        let cap = self.random.random_range(9_000..60_000);
        let per_payment = (self.random.random_range(0..2) == 0).then(|| self.random.random_range(1_000..20_000));
        let blocked = self.random.random_range(0..2) == 0;
        let mut terms = json!({ "monthlyCap": { "amount": yuan(cap) } });
        if let Some(most) = per_payment {
            terms["perPayment"] = json!({ "amount": yuan(most) });
        }
        if blocked {
            terms["blockedCategories"] = json!(["games"]);
        }
        let month = self.month();
        let changes = self.model.changes.get(&month).copied().unwrap_or(0);
        let wanted = match self.model.state {
            "ENDED" => "RELATION_ENDED",
            _ if cap < 10_000 => "CAP_OUT_OF_RANGE",
            _ if cap != self.model.cap && changes == 3 => "CAP_CHANGES_USED_UP",
            _ => "",
        };
        self.log.push(format!("change to {cap}, {per_payment:?}, {blocked}: {wanted}"));
        let (kind, more) = ("ChangeIntimatePayTermsInput", json!({ "terms": terms }));
        let answer = self.home.call(&self.home.daughter, "changeIntimatePayTerms", kind, more).await;
        assert_eq!(outcome(&answer, "changeIntimatePayTerms"), wanted);
        if wanted.is_empty() {
            if cap != self.model.cap {
                *self.model.changes.entry(month).or_default() += 1;
            }
            (self.model.cap, self.model.per_payment, self.model.blocked) = (cap, per_payment, blocked);
        }
    }

    async fn freeze(&mut self) {
        if self.model.state == "FROZEN" || self.random.random_range(0..3) == 0 {
            let wanted = match self.model.state {
                "ENDED" => "RELATION_ENDED",
                "ACTIVE" => "RELATION_NOT_FROZEN",
                _ => "",
            };
            self.log.push(format!("unfreeze: {wanted}"));
            let answer =
                self.home.call(&self.home.daughter, "unfreezeIntimatePay", "IntimatePayInput", json!({})).await;
            assert_eq!(outcome(&answer, "unfreezeIntimatePay"), wanted);
            if wanted.is_empty() {
                self.model.state = "ACTIVE";
            }
            return;
        }
        self.log.push("report".to_owned());
        let (kind, more) = ("ReportIntimatePaymentInput", json!({ "reason": "odd" }));
        let who = if self.random.random_range(0..2) == 0 { &self.home.daughter } else { &self.home.father };
        let answer = self.home.call(who, "reportIntimatePayment", kind, more).await;
        assert_eq!(outcome(&answer, "reportIntimatePayment"), "");
        if self.model.state == "ACTIVE" {
            self.model.state = "FROZEN";
        }
    }

    async fn wrong_password(&mut self) {
        // Never five in a row: the lock has tests of its own.
        if self.model.wrong == 3 {
            return;
        }
        let order = self.home.order("1.00", "books").await;
        let pay = self.home.app.pay_intimately(&self.home.father, &self.home.relation, &order, &order, "97531");
        assert_eq!(outcome(&pay.await, "payWithIntimatePay"), "PAYMENT_PASSWORD_WRONG");
        self.log.push("wrong password".to_owned());
        self.model.wrong += 1;
        let right =
            self.home.app.pay_intimately(&self.home.father, &self.home.relation, "order_x", "x", PAYMENT_PASSWORD);
        assert_eq!(right.await.code(), "NOT_FOUND");
    }

    async fn end(&mut self) {
        let wanted = if self.model.state == "ENDED" { "RELATION_ENDED" } else { "" };
        self.log.push(format!("end: {wanted}"));
        let answer = self.home.call(&self.home.father, "endIntimatePay", "IntimatePayInput", json!({})).await;
        assert_eq!(outcome(&answer, "endIntimatePay"), wanted);
        self.model.state = "ENDED";
    }

    async fn compare(&self) {
        let seen = self.home.seen(&self.home.daughter, "state used { amount } terms { monthlyCap { amount } }").await;
        let used = self.model.used.get(&self.month()).copied().unwrap_or(0);
        let wanted = json!({
            "state": self.model.state, "used": { "amount": yuan(used) },
            "terms": { "monthlyCap": { "amount": yuan(self.model.cap) } },
        });
        assert_eq!(seen, wanted);
    }
}

async fn drive(seed: u64, steps: usize) {
    let mut driver = Driver::start(seed).await;
    for step in 0..steps {
        let log = driver.log.len();
        let done = futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(driver.step())).await;
        if let Err(panic) = done {
            let last = driver.log[log.saturating_sub(10)..].join("\n  ");
            let again = "cargo nextest run --workspace --test it -E 'test(model_agrees)'";
            eprintln!("seed {seed}, step {step}, after:\n  {last}\nrun it again: KITH_SEED={seed} {again}");
            std::panic::resume_unwind(panic);
        }
    }
    driver.home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_9_r0_13_the_model_agrees_after_every_step() {
    match std::env::var("KITH_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => drive(seed, 300).await,
        None => {
            for seed in 1..=4 {
                drive(seed, 60).await;
            }
        }
    }
}
