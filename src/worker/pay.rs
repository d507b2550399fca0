//! Paying: what waits for the gateway is asked of it, outside of every transaction, until the outcome is known.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::stream;
use tokio_util::sync::CancellationToken;

use super::{Worker, failure};
use crate::config;
use crate::domains::payments::hooks::{self, Standing};
use crate::domains::payments::methods::model::TOKEN;
use crate::domains::payments::methods::store as methods;
use crate::domains::payments::payment::jobs::{self, Job};
use crate::domains::payments::payment::model::Payment;
use crate::domains::payments::payment::ops::settle::{Outcome, SettlePayment};
use crate::domains::payments::payment::ops::settle_job::SettleGatewayJob;
use crate::domains::payments::payment::store;
use crate::kernel::ids::TypedId;
use crate::kernel::{Fault, Instant};
use crate::providers::payments::{Done, Gateway, GatewayError, Hold, Known};
use crate::telemetry::Secret;

/// Payments that are under way at once.
const AT_ONCE: usize = 8;

/// What payments are made with.
pub(super) struct Paying {
    pub(super) gateway: Arc<dyn Gateway>,
    pub(super) settings: config::Payments,
}

/// What follows from asking.
enum Next {
    /// The outcome is known.
    Settle(Outcome),
    /// It is asked again.
    Again { why: &'static str, wait: Option<std::time::Duration>, uncertain: bool },
    /// Somebody else has the payment by now.
    Gone,
}

fn declined(why: impl Into<String>, held: bool) -> Next {
    Next::Settle(Outcome::Declined { why: why.into(), held })
}

impl Worker {
    /// Asks the gateway for what is due, round after round, until nothing is or `shutdown`. Says how many payments and jobs
    /// were settled.
    ///
    /// # Errors
    /// The database's fault; what was not settled is due again when the lease ends, and its outcome is asked for then.
    pub async fn pay(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let mut settled = 0;
        while let Some(paying) = &self.paying {
            let most = i64::from(paying.settings.batch);
            let now = self.door.clock.now();
            // Long enough for every payment of the batch to run into its time limit three times.
            let lease = paying.settings.timeout_ms.saturating_mul(3 * u64::from(paying.settings.batch)) + 30_000;
            let lease_ends = now + TimeDelta::milliseconds(i64::try_from(lease).unwrap_or(i64::MAX / 1_000_000));
            let (payments, due) = {
                let mut conn = self.door.db.get().await?;
                let payments = store::take(&mut conn, now, lease_ends, most).await?;
                (payments, jobs::take(&mut conn, now, lease_ends, most).await?)
            };
            let nothing = payments.is_empty() && due.is_empty();
            let paid = stream::iter(payments).map(|payment| self.pay_one(paying, payment));
            let paid: Vec<Result<bool, Fault>> = paid.buffer_unordered(AT_ONCE).collect().await;
            let done = stream::iter(due).map(|job| self.do_job(paying, job));
            let done: Vec<Result<bool, Fault>> = done.buffer_unordered(AT_ONCE).collect().await;
            for result in paid.into_iter().chain(done) {
                settled += u64::from(result?);
            }
            if nothing || shutdown.is_cancelled() {
                break;
            }
        }
        Ok(settled)
    }

    /// Asks for one payment and notes what follows. Holds no connection while it asks.
    async fn pay_one(&self, paying: &Paying, payment: Payment) -> Result<bool, Fault> {
        let next = self.ask(paying, &payment).await?;
        let now = self.door.clock.now();
        match next {
            Next::Gone => Ok(false),
            Next::Again { why, wait, uncertain } => {
                metrics::counter!("kith_payments_total", "outcome" => "again").increment(1);
                tracing::warn!(payment = %payment.id, tries = payment.tries, why, uncertain, "the gateway is asked again");
                let at = later(now, wait, payment.tries);
                store::again(&mut *self.door.db.get().await?, &payment, at, why, uncertain).await?;
                Ok(false)
            }
            Next::Settle(outcome) => {
                let captured = matches!(outcome, Outcome::Captured { .. });
                metrics::counter!("kith_payments_total", "outcome" => if captured { "captured" } else { "declined" })
                    .increment(1);
                let (payer, attempt) = (payment.payer_account_id, payment.attempt);
                self.settle(SettlePayment { payer, payment: payment.id, attempt, outcome }).await
            }
        }
    }

    async fn ask(&self, paying: &Paying, payment: &Payment) -> Result<Next, Fault> {
        let (gateway, key) = (&paying.gateway, payment.key());
        let mut held = (payment.step == "CAPTURE").then(|| payment.reference.clone().unwrap_or_default());
        let age = self.door.clock.now() - payment.created_at;
        let old = age >= TimeDelta::minutes(i64::from(paying.settings.give_up_min));
        if payment.uncertain {
            match gateway.query(&key).await {
                Ok(Known::Captured { reference }) => return Ok(Next::Settle(Outcome::Captured { reference })),
                Ok(Known::Authorised { reference }) => held = Some(reference),
                Ok(Known::Declined { why }) => return Ok(declined(why, held.is_some())),
                Ok(Known::Voided) => return Ok(declined("VOIDED", false)),
                // A request that is still on its way must find nothing to do: the hold is voided all the same.
                Ok(Known::Unseen) if old && held.is_none() => return Ok(declined("GATEWAY_UNAVAILABLE", true)),
                Ok(Known::Unseen) => {}
                Err(error) => return Ok(follows(&error, true, false)),
            }
        }
        // What the gateway may hold of an earlier try is let go there.
        if payment.step == "AUTHORISE" && self.is_frozen(payment).await? {
            return Ok(Next::Settle(Outcome::Frozen { held: payment.uncertain }));
        }
        let reference = match held {
            Some(reference) => reference,
            None => {
                let Some(token) = self.token(payment).await? else { return Ok(declined("METHOD_REMOVED", false)) };
                let hold = Hold { key: key.clone(), token, money: payment.money() };
                match gateway.authorise(&hold).await {
                    Ok(Done::Yes { reference }) => reference,
                    Ok(Done::Declined { why }) => return Ok(declined(why, false)),
                    Err(error) => return Ok(follows(&error, false, old)),
                }
            }
        };
        if payment.step == "AUTHORISE" {
            // Frozen while the gateway was asked. From here on it settles.
            if self.is_frozen(payment).await? {
                return Ok(Next::Settle(Outcome::Frozen { held: true }));
            }
            let noted = store::authorised(&mut *self.door.db.get().await?, payment, &reference).await?;
            if !noted {
                return Ok(Next::Gone);
            }
        }
        Ok(match gateway.capture(&key, &reference, payment.money()).await {
            Ok(Done::Yes { reference }) => Next::Settle(Outcome::Captured { reference }),
            Ok(Done::Declined { why }) => declined(why, true),
            // What is held is taken as soon as the gateway lets us.
            Err(error) => follows(&error, false, false),
        })
    }

    /// Whether the relation was frozen that a payment is paid under: what is not held yet is not taken (requirement 0.11).
    async fn is_frozen(&self, payment: &Payment) -> Result<bool, Fault> {
        if payment.relation_id.is_none() {
            return Ok(false);
        }
        let of = (payment.payer_account_id, payment.relation_id);
        let standing = hooks::standing(&self.door.env, &mut *self.door.db.get().await?, of, false).await?;
        Ok(standing == Standing::Frozen)
    }

    /// The vault's token of the card that is being tried; none when it was removed.
    async fn token(&self, payment: &Payment) -> Result<Option<Secret<String>>, Fault> {
        let mut conn = self.door.db.get().await?;
        let sealed = methods::token(&mut conn, payment.payer_account_id, payment.method_id).await?;
        drop(conn);
        let opened = sealed.map(|sealed| self.door.env.keys.open_text(TOKEN, &sealed).map(Secret::new));
        opened.transpose().map_err(Fault::internal)
    }

    /// Does what is asked besides payments. The job's key makes a second try the same as asking what became of the first.
    async fn do_job(&self, paying: &Paying, job: Job) -> Result<bool, Fault> {
        let (key, reference) = (job.id.uuid().to_string(), job.reference.clone().unwrap_or_default());
        let done = match job.kind.as_str() {
            "VOID" => paying.gateway.void(&job.authorised_key).await,
            _ => paying.gateway.refund(&key, &job.authorised_key, &reference, job.money()).await,
        };
        let refused = match done {
            Ok(Done::Yes { .. }) => None,
            Ok(Done::Declined { why }) => Some(why),
            Err(error) => {
                let (why, wait) = match error {
                    GatewayError::Unknown { what } => (what, None),
                    GatewayError::Later { what, wait } => (what, wait),
                    GatewayError::NotConfigured => ("NOT_CONFIGURED", None),
                };
                tracing::warn!(job = %job.id, tries = job.tries, why, "a gateway job is tried again");
                let at = later(self.door.clock.now(), wait, job.tries);
                jobs::again(&mut *self.door.db.get().await?, &job, at, why).await?;
                return Ok(false);
            }
        };
        self.settle(SettleGatewayJob { payer: job.payer_account_id, job: job.id, refused }).await
    }
}

/// What follows from no answer. `asked`: it was only asked what became of a try. `old`: it is time to give up what was never
/// done.
fn follows(error: &GatewayError, asked: bool, old: bool) -> Next {
    match error {
        GatewayError::Unknown { what } => Next::Again { why: what, wait: None, uncertain: true },
        GatewayError::Later { .. } if old => declined("GATEWAY_UNAVAILABLE", true),
        GatewayError::Later { what, wait } => Next::Again { why: what, wait: *wait, uncertain: asked },
        GatewayError::NotConfigured if asked => {
            Next::Again { why: "NOT_CONFIGURED", wait: Some(std::time::Duration::from_secs(60)), uncertain: true }
        }
        GatewayError::NotConfigured => declined("CARDS_NOT_AVAILABLE", false),
    }
}

/// When to try again: after the wait that was asked for, an hour at most, or a longer one each time.
pub(super) fn later(now: Instant, wait: Option<std::time::Duration>, tries: i32) -> Instant {
    let wait = wait.map(|wait| TimeDelta::from_std(wait).unwrap_or(failure::LONGEST));
    let bounded = |wait: TimeDelta| wait.clamp(TimeDelta::milliseconds(100), failure::LONGEST);
    now + wait.map_or_else(|| failure::back_off(tries), bounded)
}
