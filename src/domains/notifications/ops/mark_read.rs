//! `markNotificationsRead`: an account has seen what was in its inbox.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::notifications::store;
use crate::kernel::ids::NotificationId;
use crate::kernel::{Fault, Subject};

/// Marks messages of one's own inbox as read.
#[derive(Debug, Serialize)]
pub struct MarkRead {
    /// Which; all of them when there is no list. Ids that are not in the inbox are passed over.
    pub ids: Option<Vec<NotificationId>>,
}

/// How many were unread.
#[derive(Debug, Serialize, Deserialize)]
pub struct Marked {
    /// So many.
    pub count: usize,
}

impl Command for MarkRead {
    const NAME: &'static str = "markNotificationsRead";
    const WHILE_RESTRICTED: bool = true;
    type Output = Marked;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Marked, Fault> {
        // Sub-accounts have no inbox of their own.
        let Subject::Account { id } = tx.actor()?.subject else { return Err(Fault::NotFound { what: "inbox" }) };
        let count = store::mark_read(tx.conn, id, self.ids.as_deref(), tx.now).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "count": count }),
        });
        Ok(Marked { count })
    }
}
