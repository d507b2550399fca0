//! Payments through a gateway that delays, drops, doubles, answers too late, in half or in nonsense: money is taken once, and
//! whatever is unknown is settled.

use std::sync::Arc;
use std::time::Duration;

use kith::config;
use kith::providers::cards::http::HttpVault;
use kith::providers::cards::{CardNumber, CardVault as _, VaultError};
use kith::providers::payments::http::HttpGateway;
use kith::providers::signed::{Patience, SignedClient};
use kith::telemetry::Secret;
use kith::worker::Worker;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::bank::{Bank, Does, WAYS};
use crate::support::app::{self, Persona, TestApp};

/// A shop, a buyer with a card, and the bank of that card.
struct Till {
    app: TestApp,
    seller: Persona,
    buyer: Persona,
    shop: String,
    item: String,
    card: String,
}

impl Till {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
        let shop = app.shop(&seller).await;
        let item = app.item(&seller, &shop, "40.00").await;
        let card = app.card(&buyer, "4242424242424242").await;
        Self { app, seller, buyer, shop, item, card }
    }

    /// An order that the card is to pay.
    async fn order(&self) -> String {
        let order = self.app.unpaid_order(&self.buyer, &self.shop, &self.item, 1).await;
        self.app.pay(&self.buyer, &order, &[&self.card]).await.data();
        order
    }

    fn worker(&self, bank: &Bank) -> Worker {
        self.patient_worker(bank, 150)
    }

    fn patient_worker(&self, bank: &Bank, timeout_ms: u64) -> Worker {
        let settings = config::Payments { timeout_ms, ..app::config().payments };
        self.app.payer(Arc::new(HttpGateway(client(&self.app, &bank.url, timeout_ms, 1_000))), settings)
    }

    /// Lets the worker ask for a while of the test's clock, until nothing is settled any more.
    async fn work(&self, worker: &Worker, rounds: usize) -> u64 {
        let never = CancellationToken::new();
        let mut settled = worker.pay(&never).await.unwrap();
        for _ in 0..rounds {
            self.app.clock.advance(chrono::TimeDelta::seconds(3));
            settled += worker.pay(&never).await.unwrap();
        }
        settled
    }
}

pub fn client(app: &TestApp, url: &str, timeout_ms: u64, failures: u32) -> SignedClient {
    let patience = Patience { timeout: Duration::from_millis(timeout_ms), failures, pause: Duration::from_secs(30) };
    SignedClient::new(url, Secret::new("shared".to_owned()), patience, Arc::clone(&app.door.clock)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_two_signed_requests_under_one_key() {
    let till = Till::open().await;
    let bank = Bank::open(&[]).await;
    let order = till.order().await;
    assert_eq!(till.work(&till.worker(&bank), 1).await, 1);
    assert_eq!(till.app.order_state(&till.buyer, &order).await, "PAID");
    let books = bank.books.lock().await;
    assert_eq!(books.asked, ["authorise", "capture"]);
    assert_eq!(books.taken, [4_000]);
    drop(books);
    till.app.verified().await;
    till.app.stop().await;
}

/// Each way to go wrong, at each request: the money is taken once, the order is paid, nothing stays held.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_fails_in_any_way_takes_the_money_once() {
    let till = Till::open().await;
    for way in WAYS {
        for before in 0..3 {
            // With two requests before it, the way meets the question what became of the one before.
            let mut plan = vec![Does::Work; before.min(1)];
            if before == 2 {
                plan.push(Does::WorkAndClose);
            }
            plan.push(way);
            let bank = Bank::open(&plan).await;
            let order = till.order().await;
            till.work(&till.worker(&bank), 4).await;
            // What hung on the bank's side has happened by now.
            tokio::time::sleep(Duration::from_millis(if way == Does::HangThenWork { 700 } else { 0 })).await;
            till.work(&till.worker(&bank), 2).await;
            let state = till.app.order_state(&till.buyer, &order).await;
            let books = bank.books.lock().await;
            assert_eq!(
                (state.as_str(), books.taken.as_slice()),
                ("PAID", [4_000].as_slice()),
                "{way:?} after {before}"
            );
            drop(books);
            assert_eq!(bank.held().await, 0, "{way:?} after {before}");
        }
    }
    till.app.verified().await;
    till.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_asked_for_before_anything_else() {
    let till = Till::open().await;
    let bank = Bank::open(&[Does::WorkAndClose, Does::Work, Does::WorkAndGarble]).await;
    let order = till.order().await;
    let worker = till.worker(&bank);
    till.work(&worker, 0).await;
    let unknown = till.app.newest_payment(&till.buyer).await;
    assert_eq!(
        (unknown["state"].as_str(), unknown["failure"].as_str()),
        (Some("PENDING"), Some("GATEWAY_UNREACHABLE"))
    );
    till.work(&worker, 3).await;
    assert_eq!(till.app.order_state(&till.buyer, &order).await, "PAID");
    assert_eq!(bank.books.lock().await.asked, ["authorise", "query", "capture", "query"]);
    till.app.stop().await;
}

/// The worker dies between authorising and capturing; another one takes over when the lease is over, and asks first.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_authorise_and_capture_is_followed_by_another() {
    let till = Till::open().await;
    let bank = Bank::open(&[Does::Work, Does::WorkLate]).await;
    let order = till.order().await;
    let dying = till.patient_worker(&bank, 60_000);
    let cut = tokio::time::timeout(Duration::from_millis(300), dying.pay(&CancellationToken::new())).await;
    assert!(cut.is_err(), "it was cut off while the bank was capturing");
    assert_eq!(till.app.order_state(&till.buyer, &order).await, "AWAITING_PAYMENT");
    let next = till.worker(&bank);
    assert_eq!(till.work(&next, 0).await, 0, "the lease still holds");
    till.app.clock.advance(chrono::TimeDelta::minutes(62));
    assert_eq!(till.work(&next, 0).await, 1);
    assert_eq!(till.app.order_state(&till.buyer, &order).await, "PAID");
    let books = bank.books.lock().await;
    assert_eq!(books.taken, [4_000]);
    assert_eq!(books.asked, ["authorise", "capture", "query"]);
    drop(books);
    till.app.verified().await;
    till.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_never_answers_is_given_up_and_what_it_may_hold_is_let_go() {
    let till = Till::open().await;
    let bank = Bank::open(&[Does::Close; 200]).await;
    let order = till.order().await;
    let worker = till.worker(&bank);
    till.work(&worker, 3).await;
    till.app.clock.advance(chrono::TimeDelta::hours(3));
    till.work(&worker, 1).await;
    assert_eq!(till.app.newest_payment(&till.buyer).await["state"], "PENDING", "an unknown outcome is never guessed");
    // It answers again and has seen nothing: too late for this payment.
    bank.plan.lock().await.clear();
    till.app.clock.advance(chrono::TimeDelta::hours(2));
    till.work(&worker, 1).await;
    let payment = till.app.newest_payment(&till.buyer).await;
    assert_eq!((payment["state"].as_str(), payment["failure"].as_str()), (Some("FAILED"), Some("GATEWAY_UNAVAILABLE")));
    assert_eq!(till.app.order_state(&till.buyer, &order).await, "AWAITING_PAYMENT");
    assert_eq!(bank.books.lock().await.asked.last().map(String::as_str), Some("void"));
    assert!(bank.books.lock().await.taken.is_empty());
    till.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_to_a_card_are_given_once_whatever_the_gateway_answers() {
    let till = Till::open().await;
    for way in WAYS {
        let bank = Bank::open(&[]).await;
        let order = till.order().await;
        let worker = till.worker(&bank);
        till.work(&worker, 0).await;
        let refund = till.app.refund(&till.buyer, &order, "15.00").await;
        till.app.approve(&till.seller, &refund, &refund).await.data();
        *bank.plan.lock().await = vec![way];
        till.work(&worker, 3).await;
        tokio::time::sleep(Duration::from_millis(if way == Does::HangThenWork { 700 } else { 0 })).await;
        assert_eq!(bank.books.lock().await.given_back, [1_500], "{way:?}");
    }
    till.app.verified().await;
    till.app.stop().await;
}

/// h02 for cards: seeded chaos over many payments at once. What the bank took is what the books say, and each order is paid
/// by one payment that the bank took.
#[tokio::test(flavor = "multi_thread")]
async fn h02_under_any_mixture_of_faults_the_books_say_what_the_bank_did() {
    for seed in [1, 7, 42] {
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        let till = Till::open().await;
        let plan: Vec<Does> = (0..60)
            .map(|_| if random.random_range(0..3) == 0 { Does::Work } else { WAYS[random.random_range(0..WAYS.len())] })
            .collect();
        let bank = Bank::open(&plan).await;
        let mut orders = Vec::new();
        for _ in 0..15 {
            orders.push(till.order().await);
        }
        let worker = till.worker(&bank);
        for _ in 0..40 {
            till.work(&worker, 2).await;
            if bank.plan.lock().await.is_empty() {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        till.app.clock.advance(chrono::TimeDelta::minutes(20));
        till.work(&worker, 10).await;
        let mut paid = 0;
        for order in &orders {
            paid += usize::from(till.app.order_state(&till.buyer, order).await == "PAID");
        }
        let taken = bank.books.lock().await.taken.clone();
        assert_eq!(taken.len(), paid, "seed {seed}");
        assert_eq!(paid, 15, "seed {seed}");
        assert_eq!(bank.held().await, 0, "seed {seed}");
        till.app.verified().await;
        till.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_fails_is_left_alone_and_found_again() {
    let till = Till::open().await;
    let bank = Bank::open(&[Does::Fault; 2]).await;
    let order = till.order().await;
    let settings = config::Payments { timeout_ms: 150, ..app::config().payments };
    let worker = till.app.payer(Arc::new(HttpGateway(client(&till.app, &bank.url, 150, 2))), settings);
    till.work(&worker, 3).await;
    assert_eq!(bank.books.lock().await.asked.len(), 2, "it rests");
    till.work(&worker, 20).await;
    assert_eq!(till.app.order_state(&till.buyer, &order).await, "PAID");
    till.app.stop().await;
}

/// A card that its owner removes is forgotten by the vault as well, whatever goes wrong; one that is there twice with the last of
/// the two. Neither database nor answer has its token afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn r1_9_a_removed_card_is_forgotten_by_the_vault() {
    let bank = Bank::open(&[]).await;
    let app = TestApp::start_with_vault(|clock| {
        let patience =
            Patience { timeout: Duration::from_millis(150), failures: 1_000, pause: Duration::from_secs(30) };
        Arc::new(HttpVault(SignedClient::new(&bank.url, Secret::new("shared".to_owned()), patience, clock).unwrap()))
    })
    .await;
    let owner = app.account("owner").await;
    let cards = [app.card(&owner, "4242424242424242").await, app.card(&owner, "4242424242424242").await];
    let remove = "mutation($m: ID!) { removePaymentMethod(input: { paymentMethodId: $m }) {
        paymentMethod { id } userErrors { code } } }";
    let never = CancellationToken::new();
    let forgotten = async || bank.books.lock().await.forgotten.len();
    let removed = app.ok(&owner, remove, json!({ "m": cards[0] })).await;
    assert_eq!(removed["removePaymentMethod"]["paymentMethod"]["id"], json!(cards[0]), "{removed}");
    assert_eq!(app.worker().forget_cards(&never).await.unwrap(), 1);
    assert_eq!(forgotten().await, 0, "the other method is the same card");
    app.ok(&owner, remove, json!({ "m": cards[1] })).await;
    assert_eq!(forgotten().await, 0, "a transaction asks nobody");
    for way in [Does::Close, Does::Fault, Does::WorkAndCutOff] {
        *bank.plan.lock().await = vec![way];
        assert_eq!(app.worker().forget_cards(&never).await.unwrap(), 0, "{way:?}");
        app.clock.advance(chrono::TimeDelta::seconds(10));
    }
    assert_eq!(app.worker().forget_cards(&never).await.unwrap(), 1);
    assert_eq!(app.worker().forget_cards(&never).await.unwrap(), 0, "and that is all");
    let books = bank.books.lock().await;
    assert!(books.forgotten.iter().all(|token| token == "tok_16"), "{:?}", books.forgotten);
    drop(books);
    assert_eq!(app.held_tokens().await, 0);
    app.verified().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_9_a_vault_that_fails_gives_no_token_and_leaks_no_number() {
    let app = TestApp::start().await;
    let Some(number) = CardNumber::parse("4242424242424242") else { panic!("it is a number") };
    for way in WAYS {
        let bank = Bank::open(&[way]).await;
        let vault = HttpVault(client(&app, &bank.url, 150, 1_000));
        let stored = vault.store("k", &number).await;
        if way == Does::WorkTwice {
            assert_eq!(stored.unwrap().token.expose(), "tok_16");
        } else {
            assert_eq!(stored.map(|card| card.last_four), Err(VaultError::Provider), "{way:?}");
        }
    }
    // A vault that gives the number back as its token is not believed.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0_u8; 4096]).await;
            let body = "{\"token\":\"x4242424242424242\",\"lastFour\":\"4242\"}";
            let head = format!("HTTP/1.1 200 x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(head.as_bytes()).await;
        }
    });
    let stored = HttpVault(client(&app, &url, 1_000, 1_000)).store("k", &number).await;
    assert_eq!(stored.map(|card| card.last_four), Err(VaultError::Provider));
    app.stop().await;
}
