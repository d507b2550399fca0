//! Intimate pay (亲密付): a relative pays with the payer's money, within limits (requirements 0.3 to 0.14).
//!
//! | folder | what |
//! |---|---|
//! | [`passwords`] | the payment password: a hash, a lock-out of its own |
//! | [`relations`] | opening in two steps, limits, methods, freezing, ending |
//! | [`uses`] | paying; what was counted and is given back; the monthly bill; live spending |
//! | [`requests`] | asking the payer to pay what the limits refuse |
//!
//! The money is the domain `payments`'; the limits are the engine's ([`crate::permissions::constraints`]), counted by its one
//! mechanism ([`crate::permissions::quota`]) with the two people as the counter, so that a relation which is ended and opened anew
//! goes on where it was. Who locks what, always in this order, so that nobody waits in a circle: relation → order → request →
//! quota → payment.
//!
//! Tables: `payment_passwords`, `intimate_pays`, `intimate_uses`, `pay_requests`, `intimate_cases`. Permissions: none; a relation
//! belongs to its payer and its beneficiary, and anybody else gets "not found". Events: see [`events`].

pub mod events;
pub mod leaving;
pub mod passwords;
pub mod relations;
pub mod requests;
pub mod uses;

use crate::command::{Chain, Entry, Event, Tx};
use crate::graphql::context::RequestContext;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Subject};
use crate::permissions::constraints::{Constraints, Use, Violation};
use crate::permissions::quota::{self, Counter};

/// The account of a request that is made in its own name.
fn own_account(request: &RequestContext) -> Result<AccountId, Fault> {
    match request.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

/// The account that acts in its own name.
fn acting<E>(tx: &Tx<'_>) -> Result<AccountId, Fault<E>> {
    match tx.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

/// What goes on record: in the trail of the account that did it.
fn entry(by: AccountId, target: impl ToString, detail: serde_json::Value) -> Entry {
    Entry { chain: Chain::Account(by), target: target.to_string(), permission: None, grant: None, detail }
}

/// Tells both sides.
fn tell(topic: &'static str, accounts: &[AccountId], mut payload: serde_json::Value) -> Event {
    payload["accounts"] = serde_json::json!(accounts);
    Event { topic, shop: None, payload }
}

/// Counts a use against the limits that add up, or gives the one that has no room.
async fn count<E>(
    tx: &mut Tx<'_>,
    counter: Counter,
    limits: &Constraints,
    intended: &Use,
) -> Result<Result<(), Violation>, Fault<E>> {
    match quota::consume(tx.conn, counter, limits, intended).await {
        Ok(()) => Ok(Ok(())),
        Err(Fault::Refused(violation)) => Ok(Err(violation)),
        Err(Fault::Busy { retry_after }) => Err(Fault::Busy { retry_after }),
        Err(other) => Err(Fault::internal(format!("quota: {other:?}"))),
    }
}
