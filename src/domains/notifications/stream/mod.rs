//! New messages as they come, on every replica and without a message bus.
//!
//! While anybody listens, one task of this process looks at the heads of all inboxes that are listened to, with one indexed read,
//! and tells each listener how far its inbox has come. A listener then reads what is behind the last message that it delivered.
//! Nothing is buffered for it but one page, so that a slow reader costs no more memory than a fast one, and none can miss a
//! message. The task ends with the last listener.

pub mod follow;
pub mod graphql;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::store;
use crate::config;
use crate::db::Db;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// The inboxes of this process that somebody listens to. One for the process, in the data of the schema.
pub struct Inboxes {
    db: Db,
    settings: config::Notifications,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    heads: HashMap<AccountId, watch::Sender<i64>>,
    /// Whether the task runs.
    looking: bool,
}

impl Inboxes {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(db: Db, settings: config::Notifications) -> Arc<Self> {
        Arc::new(Self { db, settings, heard: Mutex::default() })
    }

    /// How many inboxes are being looked at.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.heard().heads.len()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far an inbox has come, from now on. The first listener starts the task.
    fn listen(self: &Arc<Self>, account: AccountId) -> watch::Receiver<i64> {
        let mut heard = self.heard();
        let receiver = heard.heads.entry(account).or_insert_with(|| watch::channel(0).0).subscribe();
        if !std::mem::replace(&mut heard.looking, true) {
            tokio::spawn(Arc::clone(self).look());
        }
        receiver
    }

    async fn look(self: Arc<Self>) {
        while let Some(accounts) = self.listened() {
            match self.heads(&accounts).await {
                Ok(heads) => self.tell(heads),
                // Listeners find out by themselves when it lasts: their own checks fail.
                Err(fault) => tracing::warn!(?fault, "the heads of inboxes could not be read"),
            }
            tokio::time::sleep(Duration::from_millis(self.settings.poll_interval_ms)).await;
        }
    }

    /// Whom to look for; nothing once nobody listens any more: decided under the same lock that the next listener takes.
    fn listened(&self) -> Option<Vec<AccountId>> {
        let mut heard = self.heard();
        heard.heads.retain(|_, sender| sender.receiver_count() > 0);
        if heard.heads.is_empty() {
            heard.looking = false;
            return None;
        }
        Some(heard.heads.keys().copied().collect())
    }

    async fn heads(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, i64)>, Fault> {
        let mut conn = self.db.get().await?;
        Ok(store::heads(&mut conn, accounts).await?)
    }

    fn tell(&self, heads: Vec<(AccountId, i64)>) {
        let heard = self.heard();
        for (account, head) in heads {
            if let Some(sender) = heard.heads.get(&account) {
                sender.send_if_modified(|known| std::mem::replace(known, head) != head);
            }
        }
    }
}
