//! Records that stand by a version, kept in the process.
//!
//! What a shop's staff may do is read with nearly every page and changes rarely. The session look-up has told each request
//! the shop's permission epoch as of now (requirement 5.5), and triggers move it with every change of positions, grants and
//! sub-accounts. So a record that was read at exactly this epoch is what the database would say again.

use std::collections::HashMap;

use dashmap::DashMap;

use super::{Batch, Db};
use crate::kernel::Fault;

/// Records of one kind that are kept. When they are that many, all are forgotten: those in use come back at once.
const MOST: usize = 100_000;

struct Kept<B: Batch>(DashMap<B::Key, (i64, Option<B::Value>)>);

impl Db {
    /// The records of `keys` that are made of nothing but what moves `version`: from the process where they were read at
    /// this very version, the others from the database in one statement. The version has been read before.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn at_version<B: Batch>(
        &self,
        version: i64,
        keys: &[B::Key],
    ) -> Result<Vec<(B::Key, Option<B::Value>)>, Fault> {
        let kept = self.per_type.of(|| Kept::<B>(DashMap::new()));
        let mut found = Vec::with_capacity(keys.len());
        let mut missing = Vec::new();
        for key in keys {
            match kept.0.get(key).filter(|kept| kept.0 == version) {
                Some(kept) => found.push((*key, kept.1.clone())),
                None => missing.push(*key),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let mut read: HashMap<B::Key, B::Value> = B::load(self, &missing).await?;
        if kept.0.len() + missing.len() > MOST {
            kept.0.clear();
        }
        for key in missing {
            let value = read.remove(&key);
            kept.0.insert(key, (version, value.clone()));
            found.push((key, value));
        }
        Ok(found)
    }
}
