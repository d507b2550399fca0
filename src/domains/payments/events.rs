//! What payments tell others. Payloads hold ids and amounts as decimal texts; `account` is the payer.

use serde_json::json;

use super::payment::model::Payment;
use crate::command::Event;

/// A payment waits for the gateway.
pub const PENDING: &str = "payment.pending";
/// A payment was made.
pub const CAPTURED: &str = "payment.captured";
/// No method of a payment could pay.
pub const FAILED: &str = "payment.failed";
/// A refund could not go to its card and went to the payer's balance.
pub const REFUND_TO_BALANCE: &str = "payment.refund_to_balance";
/// A payment account was verified.
pub const ACCOUNT_VERIFIED: &str = "payment_account.verified";
/// A method was removed.
pub const METHOD_REMOVED: &str = "payment_method.removed";

/// Something happened to a payment.
#[must_use]
pub fn of(topic: &'static str, payment: &Payment) -> Event {
    Event {
        topic,
        shop: None,
        payload: json!({
            "account": payment.payer_account_id,
            "payment": payment.id,
            "amount": payment.money().decimal(),
            "currency": payment.currency,
            "failure": payment.failure,
        }),
    }
}
