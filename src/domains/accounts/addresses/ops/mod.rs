//! What can be done with addresses.

pub mod remove;
pub mod save;
pub mod set_default;

use serde_json::json;

use crate::command::{Chain, Entry, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, AddressId};

/// Locks the account: how many addresses it has, and which is the default, stays as it is until the end.
async fn lock<E>(tx: &mut Tx<'_>, id: AccountId) -> Result<(), Fault<E>> {
    accounts::lock(tx.conn, id).await?.map(|_| ()).ok_or(Fault::NotFound { what: "account" })
}

/// Puts on record what was done; nothing of the place.
fn record(tx: &mut Tx<'_>, account: AccountId, id: AddressId) {
    tx.record(Entry {
        chain: Chain::Account(account),
        target: id.to_string(),
        permission: None,
        grant: None,
        detail: json!({}),
    });
}
