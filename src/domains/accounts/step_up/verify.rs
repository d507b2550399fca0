//! Trying a second factor, for a step-up as for a log-in that waits.

use crate::command::Tx;
use crate::domains::accounts::codes::{self, CodeFailure, Purpose};
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::contacts::store::{self as contacts, Contact};
use crate::domains::accounts::totp;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, ContactId};
use crate::telemetry::Secret;

use super::model::Factor;

/// A second factor as it was given.
#[derive(Debug, Clone)]
pub enum Second {
    /// A code that was sent.
    Code(Secret<String>),
    /// A code of the authenticator.
    Totp(Secret<String>),
    /// A recovery code.
    RecoveryCode(Secret<String>),
}

/// Tries a second factor of an account that is locked: counts the try, compares, and uses it up when it is right. A code counts
/// for the contact that it was sent to. The caller commits in either case.
///
/// # Errors
/// The database's fault.
pub async fn verify<E>(
    tx: &mut Tx<'_>,
    account: AccountId,
    purpose: Purpose,
    contact: Option<ContactId>,
    given: &Second,
) -> Result<Result<Factor, CodeFailure>, Fault<E>> {
    match given {
        Second::Code(code) => {
            let Some(address) = address(tx, account, contact).await? else { return Ok(Err(CodeFailure::NotAsked)) };
            let (channel, to) = (address.kind.channel(), address.expose());
            let checked = codes::check(tx, account, purpose, channel, to, code.expose()).await?;
            Ok(checked.map(|()| Factor::Code))
        }
        Second::Totp(code) => Ok(totp::check(tx, account, code).await?.map(|()| Factor::Totp)),
        Second::RecoveryCode(code) => Ok(totp::use_recovery(tx, account, code).await?.map(|()| Factor::RecoveryCode)),
    }
}

/// The contact that is asked when none is named: a phone if there is one.
#[must_use]
pub fn to_ask(contacts: &[Contact]) -> Option<&Contact> {
    contacts.iter().find(|contact| contact.kind == Kind::Phone.text()).or(contacts.first())
}

/// The number or address of a contact, or of the one that is asked when none is named.
///
/// # Errors
/// The database's fault.
pub async fn address<E>(
    tx: &mut Tx<'_>,
    account: AccountId,
    contact: Option<ContactId>,
) -> Result<Option<Address>, Fault<E>> {
    let all = contacts::of_account(tx.conn, account).await?;
    let contact = match contact {
        Some(id) => all.iter().find(|contact| contact.id == id),
        None => to_ask(&all),
    };
    contact.map(|contact| open(tx, contact)).transpose()
}

/// A contact in the clear.
///
/// # Errors
/// It was sealed with another key.
pub fn open<E>(tx: &Tx<'_>, contact: &Contact) -> Result<Address, Fault<E>> {
    let kind = Kind::parse(&contact.kind).ok_or_else(|| Fault::internal("a contact of no kind"))?;
    Address::open(&tx.env.keys, kind, &contact.value).map_err(Fault::internal)
}
