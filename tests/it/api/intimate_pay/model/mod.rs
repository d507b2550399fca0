//! Property 8: a seeded generator drives the server and a small model in memory; they agree after every step.
//!
//! | file | what |
//! |---|---|
//! | `world` | the model: all that the rules need to know, without any server |
//! | `family` | invitations and openings |
//! | `relation` | terms, methods, freezing, ending |
//! | `money` | payments, what the gateway makes of them, refunds |
//!
//! A failing seed prints how to run it again: `KITH_SEED=… cargo nextest run --workspace --test it -E 'test(model_agrees)'`.

mod family;
mod money;
mod relation;
mod world;

use chrono::{Datelike as _, TimeDelta};
use kith::kernel::Instant;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::support::app::{Answer, Persona, TestApp};
use crate::worker::bank::Bank;
use world::{Method, MethodKind, Month, World, yuan};

/// What everybody is and does: one payer, two who buy with her money.
struct Driver {
    app: TestApp,
    random: StdRng,
    world: World,
    log: Vec<String>,
    seller: Persona,
    shop: String,
    payer: Persona,
    relatives: [Persona; 2],
    /// The gateway that fails in every way; the built-in one when there is none.
    bank: Option<Bank>,
}

/// The month of a moment where the payer lives.
fn month_of(at: Instant) -> Month {
    let local = at.with_timezone(&chrono_tz::Asia::Shanghai);
    (local.year(), local.month())
}

fn outcome(answer: &Answer, mutation: &str) -> String {
    match answer.code() {
        "" => answer.user_error(mutation).to_owned(),
        code => code.to_owned(),
    }
}

impl Driver {
    async fn start(seed: u64, faulty: bool) -> Self {
        let app = TestApp::start().await;
        let (seller, payer) = (app.account("seller").await, app.account("daughter").await);
        let relatives = [app.account("father").await, app.account("aunt").await];
        let shop = app.shop(&seller).await;
        let mut world = World { balance: 150_000, ..World::default() };
        let cards = if faulty {
            vec![("4242424242424242", MethodKind::Card), ("5555555555554444", MethodKind::Card)]
        } else {
            vec![
                ("4242424242424242", MethodKind::Card),
                ("4000000000000002", MethodKind::Declined),
                ("4000000000000077", MethodKind::NotCaptured),
                ("4000000000005126", MethodKind::NotRefunded),
            ]
        };
        world.methods.push(Method { id: app.balance(&payer, "1500.00").await, kind: MethodKind::Balance });
        for (number, kind) in cards {
            world.methods.push(Method { id: app.card(&payer, number).await, kind });
        }
        for who in [&payer, &relatives[0], &relatives[1]] {
            app.payment_password(who).await;
        }
        // The clock travels further than sessions last.
        app.sql("UPDATE sessions SET expires_at = '2100-01-01'").await;
        let bank = if faulty { Some(Bank::open(&[]).await) } else { None };
        let random = StdRng::seed_from_u64(seed);
        let mut driver = Self { app, random, world, log: Vec::new(), seller, shop, payer, relatives, bank };
        // So that there is something to pay with from the beginning.
        driver.invite().await;
        driver.answer(0, true).await;
        driver.ask_terms(0).await;
        driver.confirm(0).await;
        driver
    }

    fn month(&self) -> Month {
        month_of(self.app.now())
    }

    /// One of so many, at random.
    fn one_of(&mut self, many: usize) -> Option<usize> {
        (many > 0).then(|| self.random.random_range(0..many))
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.random.random_range(0..one_in) == 0
    }

    /// Everybody has just stepped up, by the factor of before: when that is asked for is tested elsewhere.
    async fn step_up(&self) {
        self.app.sql(&format!("UPDATE sessions SET stepped_up_at = '{}'", self.app.now().to_rfc3339())).await;
    }

    async fn step(&mut self) {
        self.step_up().await;
        match self.random.random_range(0..100) {
            0..4 => self.invite().await,
            4..10 => {
                if let Some(link) = self.one_of(self.world.links.len()) {
                    let accept = !self.chance(4);
                    self.answer(link, accept).await;
                }
            }
            10..12 => self.revoke().await,
            12..13 => self.end_link().await,
            13..20 => {
                if let Some(link) = self.one_of(self.world.links.len()) {
                    self.ask_terms(link).await;
                }
            }
            20..26 => {
                if let Some(offer) = self.one_of(self.world.offers.len()) {
                    self.confirm(offer).await;
                }
            }
            26..32 => self.set_methods().await,
            32..62 => self.pay().await,
            62..70 => self.settle().await,
            70..80 => self.refund().await,
            80..85 => self.change().await,
            85..90 => self.freeze().await,
            90..91 => self.end().await,
            91..95 => {
                let minutes = self.random.random_range(1..20);
                self.travel(TimeDelta::minutes(minutes)).await;
            }
            _ => {
                let hours = self.random.random_range(-30..400);
                self.travel(TimeDelta::hours(hours)).await;
            }
        }
        self.compare().await;
    }

    /// The clock goes on, or is set back. What is at the gateway is settled first: how long it may take is tested elsewhere.
    async fn travel(&mut self, by: TimeDelta) {
        self.settle().await;
        self.app.clock.advance(by);
        self.log.push(format!("the clock goes by {} min", by.num_minutes()));
    }

    /// What both sides are shown is what the model says.
    async fn compare(&mut self) {
        let month = self.month();
        let relation = "id state used { amount } left { amount } terms { monthlyCap { amount } }";
        let query = format!(
            "{{ viewer {{ balance {{ amount }} familyLinks(first: 100) {{ edges {{ node {{ id state }} }} }}
               intimatePays(first: 100) {{ edges {{ node {{ {relation} purchases(first: 3) {{ edges {{ node {{
                 orderId state counted givenBack {{ amount }} }} }} }} }} }} }} }} }}"
        );
        let seen = self.app.ok(&self.payer, &query, json!({})).await["viewer"].clone();
        assert_eq!(seen["balance"]["amount"], yuan(self.world.balance));
        let nodes = |value: &Value| -> Vec<Value> {
            value["edges"].as_array().unwrap().iter().rev().map(|edge| edge["node"].clone()).collect()
        };
        // A relation has its id since its terms were shown.
        let by_id = |mut relations: Vec<Value>| {
            relations.sort_by_key(|relation| relation["id"].as_str().map(str::to_owned));
            relations
        };
        let now = self.app.now();
        let links: Vec<Value> =
            self.world.links.iter().map(|link| json!({ "id": link.id, "state": link.state(now) })).collect();
        assert_eq!(nodes(&seen["familyLinks"]), links);
        let hers: Vec<Value> = (0..self.world.relations.len())
            .map(|at| {
                let mut shown = self.world.shown(at, month);
                let bought = self.world.bought.iter().rev().filter(|bought| bought.relation == at).take(3);
                let edges: Vec<Value> = bought.map(|bought| json!({ "node": bought.shown() })).collect();
                shown["purchases"] = json!({ "edges": edges });
                shown
            })
            .collect();
        assert_eq!(by_id(nodes(&seen["intimatePays"])), by_id(hers));
        let who = self.random.random_range(0..2);
        let query = format!("{{ viewer {{ intimatePays(first: 100) {{ edges {{ node {{ {relation} }} }} }} }} }}");
        let seen = self.app.ok(&self.relatives[who], &query, json!({})).await["viewer"].clone();
        let his = (0..self.world.relations.len()).filter(|at| self.world.who_of(*at) == who);
        let his: Vec<Value> = his.map(|at| self.world.shown(at, month)).collect();
        assert_eq!(by_id(nodes(&seen["intimatePays"])), by_id(his));
    }

    /// Everything is settled, adds up and verifies, and the bank has what the model thinks it has.
    async fn close(mut self) {
        self.settle().await;
        self.compare().await;
        if let Some(bank) = &self.bank {
            // What hung on the bank's side has happened by then.
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
            assert_eq!(bank.held().await, 0, "nothing stays held");
            let books = bank.books.lock().await;
            let sums = (books.taken.iter().sum::<i64>(), books.given_back.iter().sum::<i64>());
            assert_eq!(sums, (self.world.taken, self.world.given_back), "each card was charged once");
        }
        self.app.quotas_add_up().await;
        self.app.verified().await;
        self.app.stop().await;
    }
}

async fn drive(seed: u64, steps: usize, faulty: bool) {
    let mut driver = Driver::start(seed, faulty).await;
    for step in 0..steps {
        let done = futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(driver.step())).await;
        if let Err(panic) = done {
            let last = driver.log[driver.log.len().saturating_sub(12)..].join("\n  ");
            let again = "cargo nextest run --workspace --test it -E 'test(model_agrees)'";
            eprintln!("{:#?}", driver.world);
            eprintln!("seed {seed}, step {step}, after:\n  {last}\nrun it again: KITH_SEED={seed} {again}");
            std::panic::resume_unwind(panic);
        }
    }
    driver.close().await;
}

/// Fixed seeds, or the one that is asked for, for longer.
async fn drive_all(seeds: std::ops::RangeInclusive<u64>, steps: usize, faulty: bool) {
    match std::env::var("KITH_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => drive(seed, 4 * steps, faulty).await,
        None => {
            for seed in seeds {
                drive(seed, steps, faulty).await;
            }
        }
    }
}

/// Cards are paid by the built-in gateway: declined, declined when the money is to be taken, and refunds refused.
#[tokio::test(flavor = "multi_thread")]
async fn r0_9_r0_13_the_model_agrees_after_every_step() {
    drive_all(1..=4, 120, false).await;
}

/// Cards are paid through the gateway of another company, which delays, drops, doubles and answers in nonsense.
#[tokio::test(flavor = "multi_thread")]
async fn r0_5_the_model_agrees_through_a_gateway_that_fails() {
    drive_all(11..=13, 100, true).await;
}
