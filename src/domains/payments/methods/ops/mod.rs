//! What can be done with methods.

pub mod add_account;
pub mod add_card;
pub mod forget;
pub mod remove;
pub mod verify_account;

use super::model::{MOST_A_DAY, Method, MethodRefusal};
use super::store;
use crate::command::Tx;
use crate::domains::accounts::account::store as accounts;
use crate::domains::payments::error::{MOST_METHODS, PaymentRefusal};
use crate::kernel::ids::{AccountId, PaymentMethodId};
use crate::kernel::{Fault, Subject};

/// The account that acts in its own name; sub-accounts pay nothing.
pub(in crate::domains::payments) fn own_account<E>(tx: &Tx<'_>) -> Result<AccountId, Fault<E>> {
    match tx.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

/// Locks the account and refuses a method more than it may add in a day.
async fn room_for_one(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Fault<MethodRefusal>> {
    accounts::lock(tx.conn, account).await?.ok_or(Fault::NotFound { what: "account" })?;
    let added = store::added_since(tx.conn, account, tx.now - chrono::TimeDelta::days(1)).await?;
    if added < MOST_A_DAY { Ok(()) } else { Err(Fault::Refused(MethodRefusal::TooMany)) }
}

/// Methods of `owner` in the order of `ids`, all of which may pay now: theirs, verified, not removed, not expired.
///
/// # Errors
/// [`PaymentRefusal`] that says what is wrong with the first that may not; the database's fault.
pub async fn usable(
    tx: &mut Tx<'_>,
    owner: AccountId,
    ids: &[PaymentMethodId],
) -> Result<Vec<Method>, Fault<PaymentRefusal>> {
    let twice = ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id));
    if ids.is_empty() || ids.len() > MOST_METHODS || twice {
        return Err(Fault::Refused(PaymentRefusal::MethodsInvalid));
    }
    let mut found = store::by_ids(tx.conn, owner, ids).await?;
    found.sort_by_key(|method| ids.iter().position(|id| *id == method.id));
    for id in ids {
        let refusal = match found.iter().find(|method| method.id == *id) {
            None => PaymentRefusal::MethodUnknown,
            Some(method) if method.state == "PENDING" => PaymentRefusal::MethodNotVerified,
            Some(method) if !method.is_active() => PaymentRefusal::MethodUnknown,
            Some(method) if method.is_expired(tx.now) => PaymentRefusal::MethodExpired,
            Some(_) => continue,
        };
        return Err(Fault::Refused(refusal));
    }
    Ok(found)
}
