//! Requirements 0.11 and 0.14 for what is under way: an end lets it settle and nothing else begin, a report stops what is not
//! held yet; a payer who may not act pays nothing and can still end it.

use std::sync::Arc;

use chrono::TimeDelta;
use kith::config;
use kith::providers::payments::http::HttpGateway;
use kith::worker::Worker;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::app;
use crate::support::intimate::Home;
use crate::worker::bank::{Bank, Does};
use crate::worker::pay::client;

const GOOD: &str = "4242424242424242";
const DECLINED: &str = "4000000000000002";

/// A home where a card comes first and the balance next, and a purchase that waits for the card.
async fn waiting(card: &str) -> Home {
    let home = Home::open("500").await;
    let card = home.app.card(&home.daughter, card).await;
    home.app.methods(&home.daughter, &home.relation, &[&card, &home.method]).await;
    let bought = home.buy("10.00", "books").await.data();
    assert_eq!(bought["payWithIntimatePay"]["purchase"]["state"], "PENDING", "{bought}");
    home
}

impl Home {
    async fn end(&self) {
        let ended = self.call(&self.daughter, "endIntimatePay", "IntimatePayInput", json!({})).await.data();
        assert_eq!(ended["endIntimatePay"]["intimatePay"]["state"], "ENDED", "{ended}");
    }

    async fn report(&self) {
        let report = "mutation($input: ReportIntimatePaymentInput!) { reportIntimatePayment(input: $input) {
            caseId userErrors { code } } }";
        let input = json!({ "intimatePayId": self.relation, "reason": "That was not him" });
        let reported = self.app.ok(&self.daughter, report, json!({ "input": input })).await;
        assert!(reported["reportIntimatePayment"]["caseId"].is_string(), "{reported}");
    }

    /// What became of the newest purchase: its state, why its payment failed, and what the month and the balance say.
    async fn outcome(&self) -> (String, Value, String, String) {
        let seen = self.seen(&self.daughter, "purchases(first: 1) { edges { node { state } } }").await;
        let state = seen["purchases"]["edges"][0]["node"]["state"].as_str().unwrap().to_owned();
        let failure = self.app.newest_payment(&self.daughter).await["failure"].clone();
        (state, failure, self.used().await, self.app.held(&self.daughter).await)
    }

    fn worker(&self, bank: &Bank) -> Worker {
        let settings = config::Payments { timeout_ms: 150, ..app::config().payments };
        self.app.payer(Arc::new(HttpGateway(client(&self.app, &bank.url, 150, 1_000))), settings)
    }
}

fn came_to(state: &str, failure: Value, used: &str, balance: &str) -> (String, Value, String, String) {
    (state.to_owned(), failure, used.to_owned(), balance.to_owned())
}

/// Asks for a while of the test's clock, until everything is settled.
async fn work(home: &Home, worker: &Worker) {
    for _ in 0..6 {
        worker.pay(&CancellationToken::new()).await.unwrap();
        home.app.clock.advance(TimeDelta::seconds(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_14_what_is_under_way_settles_but_no_other_method_is_begun() {
    for (card, wanted) in [
        (GOOD, came_to("PAID", Value::Null, "10.00", "100000.00")),
        (DECLINED, came_to("FAILED", json!("RELATION_ENDED"), "0.00", "100000.00")),
    ] {
        let home = waiting(card).await;
        home.end().await;
        home.app.pay_out().await;
        assert_eq!(home.outcome().await, wanted);
        home.close().await;
    }
    // Without the end, the balance pays what the card does not.
    let home = waiting(DECLINED).await;
    home.app.pay_out().await;
    assert_eq!(home.outcome().await, came_to("PAID", json!("CARD_DECLINED"), "10.00", "99990.00"));
    home.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r0_11_a_reported_payment_that_is_not_held_yet_is_not_taken() {
    let stopped = || came_to("FAILED", json!("RELATION_FROZEN"), "0.00", "100000.00");
    // Nobody was asked yet: nobody is.
    for ends_too in [false, true] {
        let home = waiting(GOOD).await;
        home.report().await;
        if ends_too {
            home.end().await;
        }
        let bank = Bank::open(&[]).await;
        work(&home, &home.worker(&bank)).await;
        assert_eq!(home.outcome().await, stopped());
        assert!(bank.books.lock().await.asked.is_empty(), "ended too: {ends_too}");
        home.close().await;
    }
    // The bank may hold it, which nobody knows: it is let go.
    let home = waiting(GOOD).await;
    let bank = Bank::open(&[Does::WorkAndClose]).await;
    home.worker(&bank).pay(&CancellationToken::new()).await.unwrap();
    assert_eq!(bank.held().await, 1_000, "it does");
    home.report().await;
    home.app.clock.advance(TimeDelta::seconds(10));
    work(&home, &home.worker(&bank)).await;
    assert_eq!(home.outcome().await, stopped());
    assert_eq!((bank.held().await, bank.books.lock().await.taken.as_slice()), (0, [].as_slice()));
    home.close().await;
    // It was held before the report: it settles.
    let home = waiting(GOOD).await;
    let bank = Bank::open(&[Does::Work, Does::Close]).await;
    home.worker(&bank).pay(&CancellationToken::new()).await.unwrap();
    home.report().await;
    home.app.clock.advance(TimeDelta::seconds(10));
    work(&home, &home.worker(&bank)).await;
    assert_eq!(home.outcome().await, came_to("PAID", Value::Null, "10.00", "100000.00"));
    assert_eq!(bank.books.lock().await.taken, [1_000]);
    home.close().await;
    // Another card that was declined makes way for nothing.
    let home = waiting(DECLINED).await;
    home.report().await;
    home.app.pay_out().await;
    assert_eq!(home.outcome().await, stopped());
    home.close().await;
}

/// h20: what a disabled or restricted account owns does not flow on; whoever has to confirm something first may still stop it.
#[tokio::test(flavor = "multi_thread")]
async fn r0_14_a_restricted_payer_pays_nothing_and_can_still_end_it() {
    let home = Home::open("100").await;
    let (order, large) = (home.order("10.00", "books").await, home.order("150.00", "books").await);
    let asked = home.app.ask_to_pay(&home.father, &home.relation, &large).await.data()["askToPay"]["request"].clone();
    let daughter = kith::kernel::ids::TypedId::uuid(home.daughter.id.parse::<kith::kernel::ids::AccountId>().unwrap());
    let account = |change: &str| format!("UPDATE accounts SET state = '{change}' WHERE id = '{daughter}'");
    home.app.sql(&account("DISABLED")).await;
    assert_eq!(home.pay(&order).await.user_error("payWithIntimatePay"), "PAYER_UNAVAILABLE");
    home.app.sql(&account("ACTIVE")).await;
    let restrict = format!(
        "INSERT INTO account_restrictions (account_id, reason, since) VALUES ('{daughter}', 'TOKEN_REUSED', '{}')",
        home.app.now().to_rfc3339()
    );
    home.app.sql(&restrict).await;
    assert_eq!(home.pay(&order).await.user_error("payWithIntimatePay"), "PAYER_UNAVAILABLE");
    let again = home.app.ask_to_pay(&home.father, &home.relation, &order).await;
    assert_eq!(again.user_error("askToPay"), "PAYER_UNAVAILABLE");
    assert_eq!(home.used().await, "0.00");
    let change = home.call(
        &home.daughter,
        "changeIntimatePayTerms",
        "ChangeIntimatePayTermsInput",
        json!({ "terms": { "monthlyCap": { "amount": "200" } } }),
    );
    assert_eq!(change.await.0["errors"][0]["extensions"]["reason"], "ACCOUNT_RESTRICTED");
    // What ends or declines something is done all the same.
    let decline = "mutation($id: ID!) { declinePayRequest(input: { requestId: $id }) {
        request { state } userErrors { code } } }";
    let declined = home.app.ok(&home.daughter, decline, json!({ "id": asked["id"] })).await;
    assert_eq!(declined["declinePayRequest"]["request"]["state"], "DECLINED");
    home.end().await;
    let end = "mutation($id: ID!) { endFamilyLink(input: { familyLinkId: $id }) {
        familyLink { state } userErrors { code } } }";
    let ended = home.app.ok(&home.daughter, end, json!({ "id": home.link })).await;
    assert_eq!(ended["endFamilyLink"]["familyLink"]["state"], "ENDED");
    home.close().await;
}
