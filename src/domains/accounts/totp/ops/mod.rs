//! What can be done with an authenticator.

pub mod codes;
pub mod confirm;
pub mod disable;
pub mod enrol;

use crate::command::Tx;
use crate::domains::accounts::account::store as accounts;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Subject};

/// The account that acts in its own name, locked; sub-accounts have no authenticator.
async fn lock_own<E>(tx: &mut Tx<'_>) -> Result<AccountId, Fault<E>> {
    let Subject::Account { id } = tx.actor()?.subject else { return Err(Fault::NotFound { what: "account" }) };
    accounts::lock(tx.conn, id).await?.ok_or(Fault::NotFound { what: "account" })?;
    Ok(id)
}
