//! Requests that nobody answered in time are written down as lapsed, and both sides are told. The worker runs it. Those whose order
//! is paid, or whose relation ends, lapse there.

use std::convert::Infallible;

use serde::Serialize;
use serde_json::json;

use super::super::model::PayRequest;
use super::super::store;
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::intimate_pay::{events, tell};
use crate::kernel::Fault;

/// Requests of one transaction.
pub const MOST: i64 = 100;

/// Both sides are told that a request has lapsed.
#[must_use]
pub fn told(request: &PayRequest) -> Event {
    let money = request.money();
    let payload = json!({ "request": request.id, "amount": money.decimal(), "currency": money.currency });
    tell(events::REQUEST_LAPSED, &[request.payer_account_id, request.beneficiary_account_id], payload)
}

/// Writes down what has lapsed.
#[derive(Debug, Serialize)]
pub struct LapsePayRequests;

impl Command for LapsePayRequests {
    const NAME: &'static str = "lapsePayRequests";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = i64;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let lapsed = store::lapse(tx.conn, tx.now, MOST).await?;
        for request in &lapsed {
            tx.emit(told(request));
        }
        tx.record_system("intimate_pay");
        tx.record(Entry {
            chain: Chain::Platform,
            target: "pay_requests".to_owned(),
            permission: None,
            grant: None,
            detail: json!({ "requests": lapsed.iter().map(|request| request.id).collect::<Vec<_>>() }),
        });
        Ok(i64::try_from(lapsed.len()).unwrap_or(MOST))
    }
}
