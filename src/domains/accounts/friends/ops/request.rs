//! `requestFriend`: asks somebody; whoever was asked by them first becomes friends at once (requirement 0.1).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{lock_both, record, room};
use crate::command::{Command, Event, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::friends::model::{FriendRefusal, State};
use crate::domains::accounts::friends::store::{self, Row};
use crate::domains::accounts::own;
use crate::kernel::Fault;
use crate::kernel::ids::FriendId;

/// Asks somebody to be a friend.
#[derive(Debug, Serialize)]
pub struct RequestFriend {
    /// Their log-in name.
    pub login: String,
}

/// The relation as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Befriended {
    /// The relation.
    pub id: FriendId,
}

impl Command for RequestFriend {
    const NAME: &'static str = "requestFriend";
    type Output = Befriended;
    type Refusal = FriendRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Befriended, Fault<FriendRefusal>> {
        let account = own::of_command(tx)?;
        let found = accounts::by_login(tx.conn, self.login.trim()).await?;
        let Some(other) = found.filter(|a| a.state == "ACTIVE" && a.kind != "OPERATOR") else {
            return Err(Fault::Refused(FriendRefusal::NoAccount));
        };
        if other.id == account {
            return Err(Fault::Refused(FriendRefusal::Oneself));
        }
        lock_both(tx, account, other.id).await?;
        let before = store::between(tx.conn, account, other.id).await?;
        let state = match before.as_ref().and_then(|row| State::parse(&row.state)) {
            None => {
                room(tx, account).await?;
                room(tx, other.id).await?;
                State::Asked
            }
            Some(State::Awaits) => State::Friends,
            Some(state) => return Err(Fault::Refused(FriendRefusal::Already(state))),
        };
        let id = before.map_or_else(FriendId::generate, |row| row.id);
        let row = Row { account_id: account, friend_id: other.id, id, state: state.text().to_owned(), since: tx.now };
        store::put(tx.conn, &row, state).await?;
        record(tx, account, id, other.id, Some(state));
        let topic = if state == State::Friends { "friend.accepted" } else { "friend.requested" };
        tx.emit(Event { topic, shop: None, payload: json!({ "account": other.id }) });
        Ok(Befriended { id })
    }
}
