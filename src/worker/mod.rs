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
//! | [`sweep`] | idempotency keys and sessions that are old |
//!
//! Metrics: `kith_outbox_lag_seconds` (how long the oldest due event waits), `kith_outbox_delivered_total`,
//! `kith_outbox_failed_total`, `kith_swept_rows_total{table}`.

pub mod deliver;
pub mod failure;
pub mod outbox;
pub mod sweep;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::command::{Consumer, Door};
use crate::config;
use crate::kernel::Fault;

/// How long to wait for more after a command has told of an event: what arrives meanwhile shares a transaction with it.
const GATHER: Duration = Duration::from_millis(20);

/// Drains the outbox and sweeps.
pub struct Worker {
    door: Arc<Door>,
    consumers: Vec<Box<dyn Consumer>>,
    settings: config::Worker,
}

impl Worker {
    /// A worker; it does nothing until it runs.
    #[must_use]
    pub fn new(door: Arc<Door>, consumers: Vec<Box<dyn Consumer>>, settings: config::Worker) -> Self {
        Self { door, consumers, settings }
    }

    /// Works until `shutdown`; then it finishes the batch it is at. What it leaves is found by the next one.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut sweep_at = tokio::time::Instant::now();
        while !shutdown.is_cancelled() {
            if let Err(fault) = self.drain(&shutdown).await {
                // The database is away, or busy. The events stay where they are.
                tracing::warn!(?fault, "the outbox could not be drained");
            }
            if tokio::time::Instant::now() >= sweep_at {
                if let Err(fault) = self.sweep(&shutdown).await {
                    tracing::warn!(?fault, "old rows could not be swept");
                }
                sweep_at = tokio::time::Instant::now() + Duration::from_secs(self.settings.sweep_interval_s);
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.door.committed.notified() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(Duration::from_millis(self.settings.poll_interval_ms)) => {}
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
            if batch.taken < self.settings.batch || shutdown.is_cancelled() {
                return Ok(delivered);
            }
        }
    }
}
