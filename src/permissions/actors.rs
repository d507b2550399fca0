//! The actors that were seen lately, each with the versions that it was made at. Nothing here decides whether one may be
//! used: whoever takes one has asked the database what its session stands by (`domains::accounts::sessions::authenticate`).

use std::sync::Arc;

use dashmap::DashMap;

use super::Actor;
use crate::kernel::ids::ShopId;

/// What an actor is kept by: the hash of its session's token.
pub type Key = [u8; 32];

/// An actor and what it was made at.
#[derive(Debug)]
pub struct Known {
    /// The actor.
    pub actor: Arc<Actor>,
    /// The permission epoch of a sub-account's shop, or the version of an account.
    pub version: i64,
    /// The shops that an account has seats in, with their permission epochs.
    pub seats: Vec<(ShopId, i64)>,
}

/// Actors by the hash of their token.
#[derive(Debug, Default)]
pub struct Actors(DashMap<Key, Arc<Known>>);

/// Actors kept before the store is emptied and fills anew; one takes about 500 bytes.
const MOST: usize = 50_000;

impl Actors {
    /// The actor that was made last for a token.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Arc<Known>> {
        self.0.get(key).map(|known| Arc::clone(&known))
    }

    /// Keeps an actor in the place of the one before.
    pub fn keep(&self, key: Key, known: Known) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(key, Arc::new(known));
    }

    /// Forgets all actors: what permissions there are has changed.
    pub fn forget_all(&self) {
        self.0.clear();
    }

    /// Forgets an actor: its session is over.
    pub fn forget(&self, key: &Key) {
        self.0.remove(key);
    }
}
