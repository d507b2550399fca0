//! Messages of many conversations at a time.

use std::collections::HashMap;
use std::sync::Arc;

use super::store;
use crate::db::Db;
use crate::domains::service_desk::conversations::model::Message;
use crate::graphql::loaders::Batch;
use crate::kernel::Fault;
use crate::kernel::ids::{ConversationId, ShopId};

/// The newest messages of a conversation, in order, those that did not arrive among them. Every key has a list. The number is
/// the conversation's count of messages: after a message more in the same request it is another key.
#[derive(Default)]
pub struct NewestMessages;

impl Batch for NewestMessages {
    type Key = (ShopId, ConversationId, i64);
    type Value = Arc<Vec<Message>>;

    async fn load(db: &Db, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>, Fault> {
        let of: Vec<_> = keys.iter().map(|(shop, id, _)| (*shop, *id)).collect();
        let mut conn = db.get().await?;
        let mut lists: HashMap<ConversationId, Vec<Message>> = HashMap::new();
        for message in store::newest_of(&mut conn, &of).await? {
            lists.entry(message.conversation_id).or_default().push(message);
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(lists.get(&key.1).cloned().unwrap_or_default()))).collect())
    }
}
