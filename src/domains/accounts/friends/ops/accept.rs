//! `acceptFriend`: both sides list each other from then on (requirement 0.1).

use serde::Serialize;
use serde_json::json;

use super::request::Befriended;
use super::{lock_both, record};
use crate::command::{Command, Event, Tx};
use crate::domains::accounts::friends::model::{FriendRefusal, State};
use crate::domains::accounts::friends::store::{self, Row};
use crate::domains::accounts::own;
use crate::kernel::Fault;
use crate::kernel::ids::FriendId;

/// Accepts somebody who asked.
#[derive(Debug, Serialize)]
pub struct AcceptFriend {
    /// The relation.
    pub friend: FriendId,
}

impl Command for AcceptFriend {
    const NAME: &'static str = "acceptFriend";
    type Output = Befriended;
    type Refusal = FriendRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Befriended, Fault<FriendRefusal>> {
        let not_found = || Fault::NotFound { what: "friend" };
        let account = own::of_command(tx)?;
        let found = store::get(tx.conn, account, self.friend).await?.ok_or_else(not_found)?;
        lock_both(tx, account, found.friend_id).await?;
        // Once more, under the locks: it may have been taken back.
        let found = store::get(tx.conn, account, self.friend).await?.ok_or_else(not_found)?;
        if found.state != State::Awaits.text() {
            return Err(Fault::Refused(FriendRefusal::NotAsked));
        }
        store::put(tx.conn, &Row { since: tx.now, ..found.clone() }, State::Friends).await?;
        record(tx, account, found.id, found.friend_id, Some(State::Friends));
        tx.emit(Event { topic: "friend.accepted", shop: None, payload: json!({ "account": found.friend_id }) });
        Ok(Befriended { id: found.id })
    }
}
