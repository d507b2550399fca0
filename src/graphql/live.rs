//! Rows as they come, for subscriptions: on every replica and without a message bus.
//!
//! While anybody listens, one task of this process looks at the heads of all that is listened to ([`Heads`]), with one indexed read,
//! and tells each listener how far its own has come. A listener ([`follow`]) then reads what is behind the last row that it had.
//! Nothing is buffered for it but one page, so that a slow reader costs no more memory than a fast one, and none can miss a row. The
//! task ends with the last listener.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::recheck::by_itself;
use crate::db::Db;
use crate::kernel::Fault;

/// Reads how far each of several has come; what has no row yet may be left out.
pub type ReadHeads<K> =
    for<'a> fn(&'a mut AsyncPgConnection, &'a [K]) -> BoxFuture<'a, Result<Vec<(K, i64)>, diesel::result::Error>>;

/// All of one kind that somebody of this process listens to. One for the process, in the data of the schema.
pub struct Heads<K> {
    db: Db,
    read: ReadHeads<K>,
    /// How often to look.
    poll: Duration,
    heard: Mutex<Heard<K>>,
}

struct Heard<K> {
    heads: HashMap<K, watch::Sender<i64>>,
    /// Whether the task runs.
    looking: bool,
}

impl<K: Copy + Eq + Hash + Send + Sync + 'static> Heads<K> {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(db: Db, read: ReadHeads<K>, poll_interval_ms: u64) -> Arc<Self> {
        let heard = Mutex::new(Heard { heads: HashMap::new(), looking: false });
        Arc::new(Self { db, read, poll: Duration::from_millis(poll_interval_ms), heard })
    }

    /// How many are being looked at.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.heard().heads.len()
    }

    /// Listens to one, from now on. The first listener starts the task.
    #[must_use]
    pub fn listen(self: &Arc<Self>, key: K) -> Head<K> {
        Head { heads: Arc::clone(self), key, receiver: self.receiver(key) }
    }

    fn receiver(self: &Arc<Self>, key: K) -> watch::Receiver<i64> {
        let mut heard = self.heard();
        let receiver = heard.heads.entry(key).or_insert_with(|| watch::channel(0).0).subscribe();
        if !std::mem::replace(&mut heard.looking, true) {
            tokio::spawn(Arc::clone(self).look());
        }
        receiver
    }

    fn heard(&self) -> MutexGuard<'_, Heard<K>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look(self: Arc<Self>) {
        while let Some(keys) = self.listened() {
            match self.now(&keys).await {
                Ok(heads) => self.tell(heads),
                // Listeners find out by themselves when it lasts: their own checks fail.
                Err(fault) => tracing::warn!(?fault, "what subscriptions listen to could not be looked at"),
            }
            tokio::time::sleep(self.poll).await;
        }
    }

    /// What to look at; nothing once nobody listens any more: decided under the same lock that the next listener takes.
    fn listened(&self) -> Option<Vec<K>> {
        let mut heard = self.heard();
        heard.heads.retain(|_, sender| sender.receiver_count() > 0);
        if heard.heads.is_empty() {
            heard.looking = false;
            return None;
        }
        Some(heard.heads.keys().copied().collect())
    }

    async fn now(&self, keys: &[K]) -> Result<Vec<(K, i64)>, Fault> {
        let mut conn = self.db.get().await?;
        Ok((self.read)(&mut conn, keys).await?)
    }

    fn tell(&self, heads: Vec<(K, i64)>) {
        let heard = self.heard();
        for (key, head) in heads {
            if let Some(sender) = heard.heads.get(&key) {
                sender.send_if_modified(|known| std::mem::replace(known, head) != head);
            }
        }
    }
}

/// How far one has come, as a listener is told.
pub struct Head<K> {
    heads: Arc<Heads<K>>,
    key: K,
    receiver: watch::Receiver<i64>,
}

impl<K: Copy + Eq + Hash + Send + Sync + 'static> Head<K> {
    /// How far it has come, as the database says now; 0 when there is nothing yet.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn read(&self) -> Result<i64, Fault> {
        let (heads, key) = (Arc::clone(&self.heads), self.key);
        let now = by_itself(async move { heads.now(&[key]).await }).await?;
        Ok(now.first().map_or(0, |(_, head)| *head))
    }

    /// How far it has come, as was told last.
    #[must_use]
    pub fn told(&self) -> i64 {
        *self.receiver.borrow()
    }

    /// Waits until it has come further than `last`. May be cancelled.
    pub async fn beyond(&mut self, last: i64) {
        while *self.receiver.borrow_and_update() <= last {
            if self.receiver.changed().await.is_err() {
                self.receiver = self.heads.receiver(self.key);
            }
        }
    }
}

/// What one listener follows, and whether it still may.
pub trait Followed: Send + 'static {
    /// One by one they are delivered.
    type Row: Send + 'static;

    /// Reads on behind what was read before, some rows at most; none when there are none yet.
    fn read_on(&mut self) -> impl Future<Output = Result<Vec<Self::Row>, Fault>> + Send;

    /// Waits until there may be more to read. May be cancelled.
    fn more(&mut self) -> impl Future<Output = ()> + Send;

    /// Whether whoever listens still may, as of now. A fault is the last that the listener hears.
    fn still_allowed(&mut self) -> impl Future<Output = Result<(), Fault>> + Send;
}

struct Follower<F: Followed> {
    followed: F,
    recheck: Duration,
    /// What was read ahead: all that is kept for the listener.
    ahead: VecDeque<F::Row>,
}

/// The rows as they come, one by one; after a fault comes nothing more. Whoever listens to nothing new is asked as often as
/// `recheck` says whether they still may.
pub fn follow<F: Followed>(followed: F, recheck: Duration) -> impl Stream<Item = Result<F::Row, Fault>> + Send {
    let follower = Follower { followed, recheck, ahead: VecDeque::new() };
    unfold(Some(follower), |follower| async move {
        let mut follower = follower?;
        match follower.next().await {
            Ok(row) => Some((Ok(row), Some(follower))),
            Err(fault) => Some((Err(fault), None)),
        }
    })
}

impl<F: Followed> Follower<F> {
    async fn next(&mut self) -> Result<F::Row, Fault> {
        let mut recheck_at = Instant::now() + self.recheck;
        loop {
            if let Some(row) = self.ahead.pop_front() {
                // After it was read and before it leaves: what was written after a right was taken away, or the session had ended, is
                // never shown to whom it was taken from (h17, h20).
                self.followed.still_allowed().await?;
                return Ok(row);
            }
            let rows = self.followed.read_on().await?;
            self.ahead.extend(rows);
            if self.ahead.is_empty() && timeout_at(recheck_at, self.followed.more()).await.is_err() {
                self.followed.still_allowed().await?;
                recheck_at = Instant::now() + self.recheck;
            }
        }
    }
}
