//! New entries as they come, on every replica and without a message bus.
//!
//! While somebody listens to a shop, one task of this process looks at the head of the shop's chain (one indexed read of
//! one row, twice a second) and tells all its listeners how far the chain has come. A listener then reads the entries
//! behind the last one it delivered. Nothing is buffered for it but one page, so that a slow reader costs no more memory
//! than a fast one, and none can miss an entry. The task ends with its last listener.

pub mod follow;
pub mod graphql;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::model::Readable;
use super::store;
use crate::config;
use crate::db::Db;
use crate::kernel::Fault;

/// The chains of this process that somebody listens to. One for the process, in the data of the schema.
pub struct Streams {
    db: Db,
    settings: config::Audit,
    heads: Mutex<HashMap<Uuid, watch::Sender<i64>>>,
}

impl Streams {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(db: Db, settings: config::Audit) -> Arc<Self> {
        Arc::new(Self { db, settings, heads: Mutex::default() })
    }

    /// How many chains are being looked at.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How far the chain has come, from now on. The first listener starts the task.
    fn listen(self: &Arc<Self>, chain: Readable) -> watch::Receiver<i64> {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = heads.get(&chain.key()) {
            return head.subscribe();
        }
        let (sender, receiver) = watch::channel(0);
        heads.insert(chain.key(), sender);
        tokio::spawn(Arc::clone(self).look(chain));
        receiver
    }

    async fn look(self: Arc<Self>, chain: Readable) {
        loop {
            match self.head(chain).await {
                Ok(head) => {
                    if !self.tell(chain, head) {
                        return;
                    }
                }
                // Listeners find out by themselves when it lasts: their own checks fail.
                Err(fault) => tracing::warn!(?fault, "the head of an audit chain could not be read"),
            }
            tokio::time::sleep(Duration::from_millis(self.settings.poll_interval_ms)).await;
            if !self.is_heard(chain) {
                return;
            }
        }
    }

    async fn head(&self, chain: Readable) -> Result<i64, Fault> {
        let mut conn = self.db.get().await?;
        Ok(store::head(&mut conn, chain).await?)
    }

    /// Tells the listeners; says whether the chain is still among those that are looked at.
    fn tell(&self, chain: Readable, head: i64) -> bool {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = heads.get(&chain.key()) else { return false };
        sender.send_if_modified(|known| std::mem::replace(known, head) != head);
        true
    }

    /// Whether anybody still listens. If not, the chain is forgotten: under the same lock that the next listener takes.
    fn is_heard(&self, chain: Readable) -> bool {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = heads.get(&chain.key()).is_some_and(|sender| sender.receiver_count() > 0);
        if !heard {
            heads.remove(&chain.key());
        }
        heard
    }
}
