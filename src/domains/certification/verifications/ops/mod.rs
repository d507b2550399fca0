//! What can be done with questions.

pub mod decide;
pub mod lapse;
pub mod open;

use crate::command::Tx;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, TypedId};

/// The operator who acts.
fn operator<E>(tx: &Tx<'_>) -> Result<AccountId, Fault<E>> {
    Ok(AccountId::from_uuid(tx.actor()?.subject.uuid()))
}
