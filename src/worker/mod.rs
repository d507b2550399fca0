//! What happens after the answer: events are handed on, what is old is swept away.
//!
//! A command writes its events in its own transaction ([`crate::command::outbox`]). The worker takes them in batches with
//! `FOR UPDATE SKIP LOCKED`, so that any number of workers in any number of processes share them, and hands each to the
//! [consumers](Consumer) **in the transaction that deletes it**. Consumers write to the database only; so an event takes
//! effect exactly once, whenever the worker is killed.
//!
//! | file | what |
//! |---|---|
//! | [`deliver`] | a batch; one event that fails does not hold up the others |
//! | [`outbox`] | the SQL on the outbox |
//! | [`failure`] | when to try again, and what may be kept of an error |
//! | [`send`] | text messages and e-mails, which go out outside of every transaction |
//! | [`pay`] | asking the payment gateway until outcomes are known, which happens outside of every transaction |
//! | [`lapse`] | requests to pay that nobody answered in time |
//! | [`ended`] | red packets whose window is over |
//! | [`settle`] | orders whose money is due to the shop |
//! | [`set_aside`] | money that came back to accounts which are deleted |
//! | [`certify`] | questions to verifiers again, reviews, photos that are old |
//! | [`sweep`] | idempotency keys, sessions and messages that are old |
//!
//! Metrics: `kith_outbox_lag_seconds` (how long the oldest due event waits), `kith_outbox_delivered_total`,
//! `kith_outbox_failed_total`, `kith_swept_rows_total{table}`, `kith_messages_total{outcome}`,
//! `kith_payments_total{outcome}`.

pub mod certify;
pub mod deliver;
pub mod ended;
pub mod failure;
mod forget;
pub mod lapse;
pub mod outbox;
pub mod pay;
pub mod send;
pub mod set_aside;
pub mod settle;
pub mod sweep;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::command::{Caller, Command, Consumer, Door, Options, Origin};
use crate::config;
use crate::domains::certification::Certifier;
use crate::kernel::Fault;
use crate::providers::messages::MessageSender;
use crate::providers::payments::Gateway;

/// How long to wait for more after a command has told of an event: what arrives meanwhile shares a transaction with it.
const GATHER: Duration = Duration::from_millis(20);
/// As many events at once are a busy time: what a batch costs by itself is shared by more then.
const MANY: u64 = 16;
/// How long to wait for more in a busy time.
const GATHER_MANY: Duration = Duration::from_millis(100);
/// How long after a look that found no order to settle the next one is. They wait for days, and each look walks over all that an
/// open refund holds back.
const SETTLE_AGAIN: Duration = Duration::from_secs(5);

/// Drains the outbox and sweeps.
pub struct Worker {
    door: Arc<Door>,
    consumers: Vec<Box<dyn Consumer>>,
    settings: config::Worker,
    sending: Option<Sending>,
    paying: Option<pay::Paying>,
    /// Fires when events were handed on: one of them may tell of a payment.
    handed_on_to_pay: Notify,
    certifier: Option<Arc<Certifier>>,
    /// Fires when events were handed on: one of them may tell of a message.
    handed_on: Notify,
}

/// What messages are sent with.
struct Sending {
    sender: Arc<dyn MessageSender>,
    settings: config::Messages,
}

impl Worker {
    /// A worker; it does nothing until it runs.
    #[must_use]
    pub fn new(door: Arc<Door>, consumers: Vec<Box<dyn Consumer>>, settings: config::Worker) -> Self {
        let (handed_on, handed_on_to_pay) = (Notify::new(), Notify::new());
        let (sending, paying, certifier) = (None, None, None);
        Self { door, consumers, settings, sending, paying, handed_on_to_pay, certifier, handed_on }
    }

    /// The same worker, which sends messages as well.
    #[must_use]
    pub fn with_sender(mut self, sender: Arc<dyn MessageSender>, settings: config::Messages) -> Self {
        self.sending = Some(Sending { sender, settings });
        self
    }

    /// The same worker, which asks the payment gateway as well.
    #[must_use]
    pub fn with_gateway(mut self, gateway: Arc<dyn Gateway>, settings: config::Payments) -> Self {
        self.paying = Some(pay::Paying { gateway, settings });
        self
    }

    /// The same worker, which works for certification as well.
    #[must_use]
    pub fn with_certifier(mut self, certifier: Arc<Certifier>) -> Self {
        self.certifier = Some(certifier);
        self
    }

    /// Works until `shutdown`, sending, paying and certifying beside handing on: a gateway that is slow holds no event up.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::join!(
            self.hand_on(shutdown.clone()),
            self.keep_sending(shutdown.clone()),
            self.keep_paying(shutdown.clone()),
            self.keep_certifying(shutdown)
        );
    }

    async fn keep_paying(&self, shutdown: CancellationToken) {
        while self.paying.is_some() && !shutdown.is_cancelled() {
            if let Err(fault) = self.pay(&shutdown).await {
                tracing::warn!(?fault, "payments could not be made");
            }
            if let Err(fault) = self.forget_cards(&shutdown).await {
                tracing::warn!(?fault, "cards could not be removed from the vault");
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.handed_on_to_pay.notified() => {}
                () = tokio::time::sleep(Duration::from_millis(self.settings.poll_interval_ms)) => {}
            }
        }
    }

    /// Runs a command of Kith itself; says whether there was still something to do.
    async fn settle<C: Command<Refusal = Infallible>>(&self, command: C) -> Result<bool, Fault> {
        let origin = Origin { request_id: Uuid::now_v7(), ip: None, user_agent: Some("kith worker".to_owned()) };
        match self.door.execute(Caller { actor: None, origin }, command, Options::default()).await {
            Ok(_) => Ok(true),
            Err(Fault::NotFound { .. }) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn keep_sending(&self, shutdown: CancellationToken) {
        while self.sending.is_some() && !shutdown.is_cancelled() {
            if let Err(fault) = self.send(&shutdown).await {
                tracing::warn!(?fault, "messages could not be sent");
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.handed_on.notified() => {}
                () = tokio::time::sleep(Duration::from_millis(self.settings.poll_interval_ms)) => {}
            }
        }
    }

    /// Hands events on until `shutdown`; then it finishes the batch it is at. What it leaves is found by the next one.
    async fn hand_on(&self, shutdown: CancellationToken) {
        let now = tokio::time::Instant::now();
        let (mut clock_at, mut settle_at, mut sweep_at) = (now, now, now);
        let poll = Duration::from_millis(self.settings.poll_interval_ms);
        while !shutdown.is_cancelled() {
            let delivered = self.drain(&shutdown).await.unwrap_or_else(|fault| {
                // The database is away, or busy. The events stay where they are.
                tracing::warn!(?fault, "the outbox could not be drained");
                0
            });
            let gather = if delivered < MANY { GATHER } else { GATHER_MANY };
            // What only the clock makes due is not looked for after every event.
            if tokio::time::Instant::now() >= clock_at {
                if let Err(fault) = self.end_red_packets(&shutdown).await {
                    tracing::warn!(?fault, "red packets could not be ended");
                }
                clock_at = tokio::time::Instant::now() + poll;
            }
            if tokio::time::Instant::now() >= settle_at {
                let settled = self.settle_orders(&shutdown).await;
                if let Err(fault) = &settled {
                    tracing::warn!(?fault, "orders could not be settled");
                }
                let pause = if matches!(settled, Ok(1..)) { poll } else { poll.max(SETTLE_AGAIN) };
                settle_at = tokio::time::Instant::now() + pause;
            }
            if tokio::time::Instant::now() >= sweep_at {
                if let Err(fault) = self.sweep(&shutdown).await {
                    tracing::warn!(?fault, "old rows could not be swept");
                }
                if let Err(fault) = self.lapse(&shutdown).await {
                    tracing::warn!(?fault, "requests could not be written down as lapsed");
                }
                if let Err(fault) = self.set_aside(&shutdown).await {
                    tracing::warn!(?fault, "balances of deleted accounts could not be set aside");
                }
                sweep_at = tokio::time::Instant::now() + Duration::from_secs(self.settings.sweep_interval_s);
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.door.committed.notified() => tokio::time::sleep(gather).await,
                () = tokio::time::sleep(poll) => {}
            }
        }
    }

    /// Delivers what is due, batch after batch, until nothing is left or `shutdown`. Says how many events were delivered.
    ///
    /// # Errors
    /// The database's fault; whatever was not delivered is still in the outbox.
    pub async fn drain(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let mut delivered = 0;
        loop {
            let batch = self.deliver(self.settings.batch).await?;
            delivered += batch.delivered;
            if batch.delivered > 0 {
                self.handed_on.notify_one();
                self.handed_on_to_pay.notify_one();
            }
            if batch.taken < self.settings.batch || shutdown.is_cancelled() {
                return Ok(delivered);
            }
        }
    }
}
