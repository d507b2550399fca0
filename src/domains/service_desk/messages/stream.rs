//! New messages as they come, on every replica: while anybody listens to a conversation, one task of this process looks how
//! many messages it has (one row by its key) and tells all who listen. A listener reads what is behind the last one it had.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::config;
use crate::db::Db;
use crate::domains::service_desk::conversations::store;
use crate::kernel::Fault;
use crate::kernel::ids::ConversationId;

/// The conversations of this process that somebody listens to. One for the process, in the data of the schema.
pub struct Chats {
    db: Db,
    /// How often to look, and how often to ask whether a listener still may.
    pub settings: config::Desk,
    heads: Mutex<HashMap<ConversationId, watch::Sender<i64>>>,
}

impl Chats {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(db: Db, settings: config::Desk) -> Arc<Self> {
        Arc::new(Self { db, settings, heads: Mutex::default() })
    }

    /// How many messages a conversation has, from now on. The first listener starts the task.
    pub fn listen(self: &Arc<Self>, id: ConversationId) -> watch::Receiver<i64> {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = heads.get(&id) {
            return head.subscribe();
        }
        let (sender, receiver) = watch::channel(0);
        heads.insert(id, sender);
        tokio::spawn(Arc::clone(self).look(id));
        receiver
    }

    async fn look(self: Arc<Self>, id: ConversationId) {
        loop {
            match self.count(id).await {
                Ok(count) => {
                    let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
                    let Some(sender) = heads.get(&id) else { return };
                    sender.send_if_modified(|known| std::mem::replace(known, count) != count);
                }
                // Listeners find out by themselves when it lasts: their own checks fail.
                Err(fault) => tracing::warn!(?fault, "a conversation could not be looked at"),
            }
            tokio::time::sleep(Duration::from_millis(self.settings.poll_interval_ms)).await;
            if !self.is_heard(id) {
                return;
            }
        }
    }

    async fn count(&self, id: ConversationId) -> Result<i64, Fault> {
        Ok(store::count(&mut *self.db.get().await?, id).await?)
    }

    /// Whether anybody still listens; if not, the conversation is forgotten, under the lock that the next listener takes.
    fn is_heard(&self, id: ConversationId) -> bool {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = heads.get(&id).is_some_and(|sender| sender.receiver_count() > 0);
        if !heard {
            heads.remove(&id);
        }
        heard
    }
}
