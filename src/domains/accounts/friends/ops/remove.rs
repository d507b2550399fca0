//! `removeFriend`: ends a friendship, declines a request, or takes one's own back. The other side is not told.

use std::convert::Infallible;

use serde::Serialize;

use super::record;
use super::request::Befriended;
use crate::command::{Command, Tx};
use crate::domains::accounts::friends::store;
use crate::domains::accounts::own;
use crate::kernel::Fault;
use crate::kernel::ids::FriendId;

/// Removes somebody from one's own list and oneself from theirs.
#[derive(Debug, Serialize)]
pub struct RemoveFriend {
    /// The relation.
    pub friend: FriendId,
}

impl Command for RemoveFriend {
    const NAME: &'static str = "removeFriend";
    type Output = Befriended;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Befriended, Fault> {
        let account = own::of_command(tx)?;
        let found = store::get(tx.conn, account, self.friend).await?;
        let found = found.ok_or(Fault::NotFound { what: "friend" })?;
        store::remove(tx.conn, account, found.friend_id).await?;
        record(tx, account, found.id, found.friend_id, None);
        Ok(Befriended { id: found.id })
    }
}
