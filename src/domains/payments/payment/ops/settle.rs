//! `settlePayment`: the worker knows what the gateway did. Money that was taken moves in the books; a method that was declined
//! makes way for the next, unless the relation that it is paid under has been frozen or ended meanwhile (requirement 0.14).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{Payment, PaymentState};
use super::super::{jobs, store};
use super::{Tried, go_on, movement};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::payments::hooks::Standing;
use crate::domains::payments::ledger::{self, AccountKind};
use crate::domains::payments::methods::store as methods;
use crate::domains::payments::{events, hooks};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, PaymentId};

/// What the gateway did with a method.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Outcome {
    /// It took the money.
    Captured {
        /// Its name for that.
        reference: String,
    },
    /// It did not and will not.
    Declined {
        /// Why, as a stable word.
        why: String,
        /// Whether a hold may be left that is to be let go.
        held: bool,
    },
    /// It was not asked any more, because the relation was frozen before anything was known to be held.
    Frozen {
        /// Whether a hold may be left that is to be let go.
        held: bool,
    },
}

/// Settles a payment at the attempt that the outcome is of.
#[derive(Debug, Serialize)]
pub struct SettlePayment {
    /// Who pays.
    pub payer: AccountId,
    /// The payment.
    pub payment: PaymentId,
    /// The attempt.
    pub attempt: i32,
    /// What the gateway did.
    pub outcome: Outcome,
}

/// The payment as it stands now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Settled {
    /// The payment.
    pub payment: Payment,
}

impl Command for SettlePayment {
    const NAME: &'static str = "settlePayment";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Settled;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Settled, Fault> {
        // The relation is locked before the payment, as by whoever pays, freezes or ends.
        let standing = match &self.outcome {
            Outcome::Captured { .. } => Standing::Open,
            Outcome::Declined { .. } | Outcome::Frozen { .. } => {
                let relation = store::relation(tx.conn, self.payer, self.payment).await?;
                hooks::standing(tx.env, tx.conn, (self.payer, relation), true).await?
            }
        };
        let locked = store::lock_pending(tx.conn, self.payer, self.payment, self.attempt).await?;
        // Another worker was first: there is nothing to do any more.
        let mut payment = locked.ok_or(Fault::NotFound { what: "payment" })?;
        match &self.outcome {
            Outcome::Captured { reference } => {
                let movement = movement(tx, &payment, AccountKind::Outside).await?;
                ledger::post(tx, &movement).await?;
                (payment.reference, payment.failure) = (Some(reference.clone()), None);
                payment.captured(movement.id, tx.now);
            }
            Outcome::Declined { why, held } => {
                if *held {
                    jobs::void(tx.conn, &payment, tx.now).await?;
                }
                payment.failure = Some(why.clone());
                match standing.failure() {
                    None => next_method(tx, &mut payment).await?,
                    Some(why) => payment.stopped(why, tx.now),
                }
            }
            // Let go on meanwhile, or held by another worker: it is asked again.
            Outcome::Frozen { .. } if standing != Standing::Frozen || payment.step != "AUTHORISE" => {
                return Err(Fault::NotFound { what: "payment" });
            }
            Outcome::Frozen { held } => {
                if *held {
                    jobs::void(tx.conn, &payment, tx.now).await?;
                }
                payment.stopped(standing.failure().unwrap_or_default(), tx.now);
            }
        }
        store::update(tx.conn, &payment).await?;
        if payment.state() != PaymentState::Pending {
            hooks::settled(tx, &payment).await?;
            let captured = payment.state() == PaymentState::Captured;
            tx.emit(events::of(if captured { events::CAPTURED } else { events::FAILED }, &payment));
        }
        tx.record_system("payments");
        tx.record(Entry {
            chain: Chain::Account(payment.payer_account_id),
            target: payment.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({
                "amount": payment.money().decimal(), "attempt": self.attempt, "state": payment.state,
                "failure": payment.failure,
            }),
        });
        Ok(Settled { payment })
    }
}

/// Goes on to the next method that may still pay; without one the payment has failed.
async fn next_method(tx: &mut Tx<'_>, payment: &mut Payment) -> Result<(), Fault> {
    let found = methods::by_ids(tx.conn, payment.payer_account_id, &payment.methods).await?;
    let placed: Vec<_> = payment
        .methods
        .iter()
        .enumerate()
        .filter_map(|(at, id)| found.iter().find(|method| method.id == *id).map(|method| (at, method.clone())))
        .filter(|(_, method)| method.is_active() && !method.is_expired(tx.now))
        .collect();
    let from = usize::try_from(payment.attempt).unwrap_or(usize::MAX);
    if matches!(go_on(tx, payment, &placed, from).await?, Tried::Exhausted) {
        payment.failed(tx.now);
    }
    Ok(())
}
