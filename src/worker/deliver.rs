//! One batch of events.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::{Worker, failure, outbox};
use crate::command::{Consumer, Delivery};
use crate::db::Connection;
use crate::kernel::ids::EventId;
use crate::kernel::{Fault, Instant};

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Batch {
    /// Events that were taken out of the outbox.
    pub taken: u32,
    /// Events that were delivered. The others come again later.
    pub delivered: u64,
}

impl Worker {
    /// Delivers a batch in one transaction. Should one event fail, all are undone and delivered one by one, each in a
    /// transaction of its own; those that fail then are put off.
    pub(super) async fn deliver(&self, most: u32) -> Result<Batch, Fault> {
        let now = self.door.clock.now();
        let mut taken = Vec::new();
        match self.together(now, most, &mut taken).await {
            Ok(batch) => {
                count(batch.delivered, 0);
                Ok(batch)
            }
            Err(fault) if taken.is_empty() => Err(fault),
            Err(fault) => {
                tracing::warn!(error = failure::describe(&fault), "a batch of events failed; trying them one by one");
                let mut batch = Batch { taken: u32::try_from(taken.len()).unwrap_or(most), delivered: 0 };
                for (id, attempts) in taken {
                    batch.delivered += u64::from(self.alone(now, id, attempts).await?);
                }
                Ok(batch)
            }
        }
    }

    async fn together(&self, now: Instant, most: u32, taken: &mut Vec<(EventId, i32)>) -> Result<Batch, Fault> {
        self.door
            .db
            .transaction(async |conn: &mut Connection| {
                let events = outbox::take(conn, now, i64::from(most)).await?;
                lag(now, &events);
                taken.extend(events.iter().map(|event| (event.id, event.attempts)));
                hand_over(&self.consumers, conn, &events).await?;
                let taken = u32::try_from(events.len()).unwrap_or(most);
                Ok(Batch { taken, delivered: taken.into() })
            })
            .await
    }

    /// Delivers one event by itself; says whether it was delivered.
    async fn alone(&self, now: Instant, id: EventId, attempts: i32) -> Result<bool, Fault> {
        let delivered = self
            .door
            .db
            .transaction(async |conn: &mut Connection| {
                let Some(event) = outbox::take_one(conn, id).await? else { return Ok(false) };
                hand_over(&self.consumers, conn, &[event]).await?;
                Ok(true)
            })
            .await;
        let fault = match delivered {
            Ok(delivered) => {
                count(u64::from(delivered), 0);
                return Ok(delivered);
            }
            Err(fault) => fault,
        };
        count(0, 1);
        self.door
            .db
            .transaction(async |conn: &mut Connection| put_off(conn, now, id, attempts, &fault).await)
            .await
            .map(|()| false)
    }
}

/// Hands events to everybody who wants them.
async fn hand_over(consumers: &[Box<dyn Consumer>], conn: &mut Connection, events: &[Delivery]) -> Result<(), Fault> {
    for consumer in consumers {
        let wanted: Vec<&Delivery> = events.iter().filter(|event| consumer.wants(&event.topic)).collect();
        if !wanted.is_empty() {
            // A consumer that panics is one that fails.
            let consumed = AssertUnwindSafe(async { consumer.consume(conn, &wanted).await }).catch_unwind().await;
            consumed.unwrap_or_else(|_| Err(Fault::internal(format!("{} panicked", consumer.name()))))?;
        }
    }
    Ok(())
}

async fn put_off(conn: &mut Connection, now: Instant, id: EventId, attempts: i32, fault: &Fault) -> Result<(), Fault> {
    let error = failure::describe(fault);
    let again_at = now + failure::back_off(attempts.saturating_add(1));
    tracing::warn!(event = %id, attempts, error, "an event could not be delivered");
    Ok(outbox::failed(conn, id, again_at, &error).await?)
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; milliseconds fit")]
fn lag(now: Instant, events: &[Delivery]) {
    let waited = events.first().map_or(0, |event| (now - event.available_at).num_milliseconds().max(0));
    metrics::gauge!("kith_outbox_lag_seconds").set(waited as f64 / 1000.0);
}

fn count(delivered: u64, failed: u64) {
    metrics::counter!("kith_outbox_delivered_total").increment(delivered);
    metrics::counter!("kith_outbox_failed_total").increment(failed);
}
