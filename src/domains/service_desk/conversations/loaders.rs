//! Assignments of many conversations at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{self, Assignment};
use crate::db::Db;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::{ConversationId, ShopId};

/// The assignments of a conversation, the first first. Every key has a list. The number is the conversation's count of them.
#[derive(Default)]
pub struct AssignmentsOf;

impl Batch for AssignmentsOf {
    type Key = (ShopId, ConversationId, i32);
    type Value = Arc<Vec<Assignment>>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let of: Vec<_> = keys.iter().map(|(shop, id, _)| (*shop, *id)).collect();
        let mut conn = db.get().await?;
        let mut lists: HashMap<ConversationId, Vec<Assignment>> = HashMap::new();
        for (id, assignment) in store::assignments_of(&mut conn, &of).await? {
            lists.entry(id).or_default().push(assignment);
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(lists.get(&key.1).cloned().unwrap_or_default()))).collect())
    }
}
