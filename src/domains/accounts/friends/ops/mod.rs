//! What can be done with friends.

pub mod accept;
pub mod remove;
pub mod request;

use serde_json::json;

use super::model::{FriendRefusal, State};
use super::store;
use crate::command::{Chain, Entry, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, FriendId};

/// Locks both accounts, always in the same order.
async fn lock_both(tx: &mut Tx<'_>, one: AccountId, two: AccountId) -> Result<(), Fault<FriendRefusal>> {
    for id in [one.min(two), one.max(two)] {
        accounts::lock(tx.conn, id).await?.ok_or(Fault::NotFound { what: "account" })?;
    }
    Ok(())
}

/// Refuses one more than an account may have.
async fn room(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Fault<FriendRefusal>> {
    let most = tx.env.contacts.most_friends;
    let have = store::count(tx.conn, account).await?;
    if have < i64::from(most) { Ok(()) } else { Err(Fault::Refused(FriendRefusal::Limit { most })) }
}

fn record(tx: &mut Tx<'_>, account: AccountId, id: FriendId, other: AccountId, state: Option<State>) {
    tx.record(Entry {
        chain: Chain::Account(account),
        target: id.to_string(),
        permission: None,
        grant: None,
        detail: json!({ "other": other, "state": state.map(State::text) }),
    });
}
