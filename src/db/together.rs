//! Reads by key, many at a time: for one page, and for operations that arrive together.
//!
//! Point reads that every operation makes (its session, the record of its id) cost a connection and a round trip each.
//! [`Db::one`] lets those that arrive while a statement is under way share the next one. Nothing is kept: a statement
//! begins after everyone who waits for it has asked, so nobody is told less than was committed before they asked
//! (requirement 5.5), and what a caller may see of a record is decided by the caller.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::Db;
use crate::kernel::Fault;

/// How a kind of record is read, many at a time.
pub trait Batch: Default + Send + Sync + 'static {
    /// What a record is asked for by.
    type Key: Copy + Eq + Hash + Debug + Send + Sync + 'static;
    /// The record. Cheap to clone: an `Arc`, as a rule.
    type Value: Clone + Send + Sync + 'static;

    /// Reads the records of `keys` in one statement. A key without a record is left out.
    fn load(db: &Db, keys: &[Self::Key])
    -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>, Fault>> + Send;
}

/// Keys of one statement at most; more wait for the next.
const MOST_KEYS: usize = 256;
/// Statements of one kind under way at the same time: while they run, the next ones fill.
const MOST_STATEMENTS: usize = 2;
/// How many must wait for a second statement to begin beside the first: one that carries a key or two costs the database as much
/// as one that carries ten.
const ENOUGH_FOR_A_SECOND: usize = 4;

/// What one who waits is told.
pub(crate) type Told<V> = Result<Option<V>, Arc<Fault>>;

struct Together<B: Batch>(Mutex<Waiting<B>>);

/// A key and whoever waits for its record.
type Asked<B> = (<B as Batch>::Key, oneshot::Sender<Told<<B as Batch>::Value>>);

struct Waiting<B: Batch> {
    queue: Vec<Asked<B>>,
    under_way: usize,
}

impl Db {
    /// The record of a key, or `None`. Shares its statement with others that are asked for at the same time.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn one<B: Batch>(&self, key: B::Key) -> Result<Option<B::Value>, Fault> {
        let together = self.together::<B>();
        let (tell, told) = oneshot::channel();
        let start = {
            let mut waiting = together.lock();
            waiting.queue.push((key, tell));
            let room = waiting.under_way < MOST_STATEMENTS;
            let start = waiting.under_way == 0 || room && waiting.queue.len() >= ENOUGH_FOR_A_SECOND;
            waiting.under_way += usize::from(start);
            start
        };
        if start {
            // A task of its own: whoever asked first may go away, and the others must not notice (facts).
            tokio::spawn(together.run(self.clone()));
        }
        match told.await {
            Ok(told) => told.map_err(|fault| share(&fault)),
            Err(gone) => Err(Fault::internal(gone)),
        }
    }

    fn together<B: Batch>(&self) -> Arc<Together<B>> {
        self.per_type.of(|| Together(Mutex::new(Waiting { queue: Vec::new(), under_way: 0 })))
    }
}

/// The fault of a statement, for each of those who shared it.
pub(crate) fn share(fault: &Fault) -> Fault {
    match fault {
        Fault::Busy { retry_after } => Fault::Busy { retry_after: *retry_after },
        other => Fault::internal(format!("{other:?}")),
    }
}

impl<B: Batch> Together<B> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs statements until nobody waits.
    async fn run(self: Arc<Self>, db: Db) {
        loop {
            // Those that are ready to ask do so first, and share this statement.
            tokio::task::yield_now().await;
            let batch: Vec<_> = {
                let mut waiting = self.lock();
                if waiting.queue.is_empty() {
                    waiting.under_way -= 1;
                    return;
                }
                let most = waiting.queue.len().min(MOST_KEYS);
                waiting.queue.drain(..most).collect()
            };
            let keys: HashSet<B::Key> = batch.iter().map(|(key, _)| *key).collect();
            let keys: Vec<B::Key> = keys.into_iter().collect();
            // A panic is told as well, and the next ones are served.
            let loaded = AssertUnwindSafe(B::load(&db, &keys)).catch_unwind().await;
            let loaded = loaded.unwrap_or_else(|_| Err(Fault::internal("a shared read panicked"))).map_err(Arc::new);
            for (key, tell) in batch {
                let told = match &loaded {
                    Ok(found) => Ok(found.get(&key).cloned()),
                    Err(fault) => Err(Arc::clone(fault)),
                };
                // Whoever went away is not told.
                let _ = tell.send(told);
            }
        }
    }
}
