//! Accounts whose operations wait for a confirmation (requirement 3.13).
//!
//! What looks like somebody else raises an alert and restricts the account: it can still be read, its sessions can be ended, but
//! the command door runs nothing that moves money or changes the account ([`crate::command::Command::WHILE_RESTRICTED`]) until
//! `confirmActivity` was called after a step-up by more than the password, or the password was set anew. A restriction is part of
//! what an actor is made of, so it holds with the next request on every replica.
//!
//! Tables: `account_restrictions`. Events: `security.restricted`, `security.confirmed`.

pub mod graphql;
pub mod model;
pub mod ops;
pub mod store;

use serde_json::json;

pub use model::Reason;

use crate::command::{Event, Tx};
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Restricts an account until its owner confirms what happened, and tells them. Says whether it was not restricted before.
///
/// # Errors
/// The database's fault.
pub async fn restrict<E>(tx: &mut Tx<'_>, account: AccountId, reason: Reason) -> Result<bool, Fault<E>> {
    let new = store::put(tx.conn, account, reason.text(), tx.now).await?;
    if new {
        let payload = json!({ "account": account, "reason": reason.text() });
        tx.emit(Event { topic: "security.restricted", shop: None, payload });
    }
    Ok(new)
}
