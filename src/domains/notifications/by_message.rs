//! From events to text messages and e-mails (requirement 3.12): alarms about an account always, of the other channels what the
//! account asks for.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::consumer::told;
use super::store::{self, Told};
use super::topics;
use crate::command::messages::{self, NewMessage, Recipients};
use crate::command::{Consumer, Delivery, Env};
use crate::db::Connection;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, MessageId};

/// How long a message is worth sending.
const LIVES: TimeDelta = TimeDelta::days(1);

/// Queues messages; the worker sends them.
pub struct ByMessage {
    /// The keys, and where accounts get messages.
    pub env: Arc<Env>,
}

impl Consumer for ByMessage {
    fn name(&self) -> &'static str {
        "notifications by message"
    }

    fn wants(&self, topic: &str) -> bool {
        topics::TOPICS.contains(&topic)
    }

    fn consume<'a>(&'a self, conn: &'a mut Connection, events: &'a [&'a Delivery]) -> BoxFuture<'a, Result<(), Fault>> {
        let told: Vec<Told> = events.iter().flat_map(|event| told(event)).collect();
        async move { self.queue(conn, &told).await }.boxed()
    }
}

impl ByMessage {
    async fn queue(&self, conn: &mut Connection, told: &[Told]) -> Result<(), Fault> {
        let wanted = store::by_message(conn, told).await?;
        if wanted.is_empty() {
            return Ok(());
        }
        let accounts: BTreeSet<AccountId> = wanted.iter().map(|(account, _)| *account).collect();
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        let recipients = self.env.parts.get::<Recipients, Infallible>()?;
        let recipients = recipients(conn, &self.env.keys, &accounts).await?;
        for (account, event) in wanted {
            let Some(recipient) = recipients.iter().find(|recipient| recipient.account == account) else { continue };
            let Some(told) = told.iter().find(|told| told.event == event) else { continue };
            // Nobody's language is known here, so it is said in both.
            let text = format!("{}\n{}", told.title.zh, told.title.en);
            let message = NewMessage {
                id: MessageId::generate(),
                account,
                channel: recipient.channel,
                template: &format!("notice.{}", told.topic),
                to: recipient.to.expose(),
                text: &text,
                expires_at: told.at + LIVES,
            };
            messages::put(conn, &self.env.keys, &message, told.at).await?;
        }
        Ok(())
    }
}
