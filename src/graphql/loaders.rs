//! Batched reads: one set of loaders per request, made when first used.
//!
//! A list resolver looks ahead and primes what its rows will ask for, so that the rows resolve without waiting (design,
//! decision 12). What was not primed goes through the crate `dataloader`. Each such load runs in a task of its own: the
//! first waiter drives the batch for the others, and must not take it along when it is cancelled (facts). A single key
//! shares its statement with other requests ([`Db::one`]), never its result's place in a cache.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use dataloader::BatchFn;
use dataloader::cached;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::Db;
use crate::db::together::{Told, share};
use crate::kernel::Fault;

pub use crate::db::Batch;

struct Runner<B> {
    db: Db,
    _batch: std::marker::PhantomData<fn() -> B>,
}

impl<B: Batch> BatchFn<B::Key, Told<B::Value>> for Runner<B> {
    #[expect(refining_impl_trait, reason = "the caller needs to know that the future is Send")]
    fn load(&mut self, keys: &[B::Key]) -> BoxFuture<'static, HashMap<B::Key, Told<B::Value>>> {
        let (db, keys) = (self.db.clone(), keys.to_vec());
        async move {
            if let [key] = keys[..] {
                let found = db.one::<B>(key).await.map_err(Arc::new);
                return HashMap::from([(key, found)]);
            }
            match B::load(&db, &keys).await {
                Ok(mut found) => keys.into_iter().map(|k| (k, Ok(found.remove(&k)))).collect(),
                Err(fault) => {
                    let fault = Arc::new(fault);
                    keys.into_iter().map(|k| (k, Err(Arc::clone(&fault)))).collect()
                }
            }
        }
        .boxed()
    }
}

/// A loader of one kind of record, for one request.
pub struct Loader<B: Batch> {
    primed: Mutex<HashMap<B::Key, Option<B::Value>>>,
    batches: cached::Loader<B::Key, Told<B::Value>, Runner<B>>,
}

impl<B: Batch> Loader<B> {
    fn new(db: Db) -> Self {
        let runner = Runner { db, _batch: std::marker::PhantomData };
        Self {
            primed: Mutex::default(),
            batches: cached::Loader::new(runner).with_max_batch_size(1000).with_yield_count(3),
        }
    }

    /// The record, if it is known already.
    pub fn known(&self, key: B::Key) -> Option<Option<B::Value>> {
        self.primed.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Makes records known.
    pub fn prime(&self, records: impl IntoIterator<Item = (B::Key, Option<B::Value>)>) {
        self.primed.lock().unwrap_or_else(PoisonError::into_inner).extend(records);
    }

    /// Reads the records of `keys` with one statement and makes them known.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn prime_from(&self, db: &Db, keys: impl IntoIterator<Item = B::Key>) -> Result<(), Fault> {
        self.prime_at(db, None, keys).await
    }

    /// The same for records that are made of nothing but what moves a version that the request knows: those that this
    /// process read at that version are not read again.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn prime_at(
        &self,
        db: &Db,
        version: Option<i64>,
        keys: impl IntoIterator<Item = B::Key>,
    ) -> Result<(), Fault> {
        let mut seen = std::collections::HashSet::new();
        let mut keys: Vec<B::Key> = keys.into_iter().filter(|key| seen.insert(*key)).collect();
        {
            let primed = self.primed.lock().unwrap_or_else(PoisonError::into_inner);
            keys.retain(|key| !primed.contains_key(key));
        }
        if keys.is_empty() {
            return Ok(());
        }
        match version {
            Some(version) => self.prime(db.at_version::<B>(version, &keys).await?),
            None => {
                let mut found = B::load(db, &keys).await?;
                self.prime(keys.into_iter().map(|key| (key, found.remove(&key))));
            }
        }
        Ok(())
    }

    /// The record of an id that a request names, or `None` when there is none. Nobody else of this request is waited for: the
    /// statement is shared with other requests only.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn one(&self, db: &Db, key: B::Key) -> Result<Option<B::Value>, Fault> {
        if let Some(known) = self.known(key) {
            return Ok(known);
        }
        let found = db.one::<B>(key).await?;
        self.prime([(key, found.clone())]);
        Ok(found)
    }

    /// The record, or `None` when there is none.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn load(&self, key: B::Key) -> Result<Option<B::Value>, Fault> {
        if let Some(known) = self.known(key) {
            return Ok(known);
        }
        let batches = self.batches.clone();
        let loaded = tokio::spawn(async move { batches.try_load(key).await }).await;
        match loaded.map_err(Fault::internal)?.map_err(Fault::internal)? {
            Ok(value) => Ok(value),
            Err(fault) => Err(share(&fault)),
        }
    }
}

/// The loaders of one request: a handful, found by going through them.
pub struct Loaders {
    db: Db,
    loaders: Mutex<Vec<(TypeId, Arc<dyn Any + Send + Sync>)>>,
}

impl Loaders {
    /// An empty set.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, loaders: Mutex::default() }
    }

    /// The loader of `B`.
    pub fn of<B: Batch>(&self) -> Arc<Loader<B>> {
        let mut loaders = self.loaders.lock().unwrap_or_else(PoisonError::into_inner);
        let known = loaders.iter().find(|(kind, _)| *kind == TypeId::of::<B>()).map(|(_, loader)| Arc::clone(loader));
        if let Some(Ok(known)) = known.map(Arc::downcast) {
            return known;
        }
        let new = Arc::new(Loader::<B>::new(self.db.clone()));
        loaders.push((TypeId::of::<B>(), Arc::clone(&new) as Arc<dyn Any + Send + Sync>));
        new
    }
}
