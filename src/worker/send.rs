//! Sending: messages that commands queued go out, outside of every transaction.

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::stream;
use tokio_util::sync::CancellationToken;

use super::{Worker, failure};
use crate::command::messages::{self, BODY, Became, RECIPIENT, Taken};
use crate::kernel::{Fault, Instant};
use crate::providers::messages::{Channel, Message, SendError};
use crate::telemetry::Secret;

/// Messages that are under way at once.
const AT_ONCE: usize = 8;

impl Worker {
    /// Sends what is due, batch after batch, until nothing is left or `shutdown`. Says how many were sent.
    ///
    /// # Errors
    /// The database's fault; what was not sent is still queued, and what was sent without our noting it goes out again
    /// under the same id.
    pub async fn send(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let mut sent = 0;
        while let Some(sending) = &self.sending {
            let most = i64::from(sending.settings.batch);
            let now = self.door.clock.now();
            // Long enough for every message of the batch to run into its time limit.
            let lease = sending.settings.timeout_ms.saturating_mul(u64::from(sending.settings.batch)) + 30_000;
            let lease_ends = now + TimeDelta::milliseconds(i64::try_from(lease).unwrap_or(i64::MAX / 1_000_000));
            let taken = messages::take(&mut *self.door.db.get().await?, now, lease_ends, most).await?;
            let count = taken.len();
            let results: Vec<Result<bool, Fault>> =
                stream::iter(taken).map(|message| self.send_one(message)).buffer_unordered(AT_ONCE).collect().await;
            for result in results {
                sent += u64::from(result?);
            }
            if i64::try_from(count).unwrap_or(0) < most || shutdown.is_cancelled() {
                break;
            }
        }
        Ok(sent)
    }

    /// Sends one message and notes what became of it. Holds no connection while it sends.
    async fn send_one(&self, taken: Taken) -> Result<bool, Fault> {
        let Some(sending) = &self.sending else { return Ok(false) };
        let now = self.door.clock.now();
        let became = if taken.expires_at <= now {
            Became::Failed("EXPIRED")
        } else {
            match self.opened(&taken) {
                None => Became::Failed("UNREADABLE"),
                Some(message) => match sending.sender.send(&message).await {
                    Ok(()) => Became::Sent,
                    Err(error) => what_follows(&error, &taken, now, sending.settings.max_attempts),
                },
            }
        };
        let (word, outcome) = match became {
            Became::Sent => ("", "sent"),
            Became::Failed(why) => (why, "failed"),
            Became::Again { why, .. } => (why, "again"),
        };
        metrics::counter!("kith_messages_total", "outcome" => outcome).increment(1);
        if !word.is_empty() {
            tracing::warn!(message = %taken.id, attempts = taken.attempts, why = word, outcome, "a message was not sent");
        }
        messages::became(&mut *self.door.db.get().await?, &taken, self.door.clock.now(), became).await?;
        Ok(matches!(became, Became::Sent))
    }

    fn opened(&self, taken: &Taken) -> Option<Message> {
        let keys = &self.door.env.keys;
        let open =
            |context, sealed: &Option<Vec<u8>>| keys.open_text(context, sealed.as_deref()?).ok().map(Secret::new);
        Some(Message {
            id: taken.id,
            channel: Channel::parse(&taken.channel)?,
            template: taken.template.clone(),
            to: open(RECIPIENT, &taken.recipient)?,
            text: open(BODY, &taken.body)?,
        })
    }
}

/// Whether and when a message that was not sent is tried again.
fn what_follows(error: &SendError, taken: &Taken, now: Instant, most: u32) -> Became {
    let why = error.word();
    match error {
        SendError::RecipientRefused | SendError::NotConfigured => Became::Failed(why),
        SendError::Resting { left } => {
            let left = TimeDelta::from_std(*left).unwrap_or(TimeDelta::seconds(1)).max(TimeDelta::milliseconds(100));
            Became::Again { at: now + left, why, counts: false }
        }
        SendError::Provider { .. } if taken.attempts >= i32::try_from(most).unwrap_or(i32::MAX) => Became::Failed(why),
        SendError::Provider { .. } => Became::Again { at: now + failure::back_off(taken.attempts), why, counts: true },
    }
}
