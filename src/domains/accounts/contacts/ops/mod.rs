//! What can be done with contacts.

pub mod bind;
pub mod change;
pub mod send_code;
pub mod unbind;

use crate::command::Tx;
use crate::domains::accounts::account::model::Account;
use crate::domains::accounts::account::store as accounts;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Subject};

use super::model::{Address, ContactRefusal, Kind};
use super::store;

/// The account that acts in its own name; sub-accounts have no contacts.
fn own_account<E>(tx: &Tx<'_>) -> Result<AccountId, Fault<E>> {
    match tx.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

/// Locks the account: what is counted of it stays as it is until the end.
async fn lock(tx: &mut Tx<'_>, id: AccountId) -> Result<Account, Fault<ContactRefusal>> {
    accounts::lock(tx.conn, id).await?.ok_or(Fault::NotFound { what: "account" })
}

/// Refuses a contact more than the account may have (requirement 3.9).
async fn room_for_one(tx: &mut Tx<'_>, account: &Account, kind: Kind) -> Result<(), Fault<ContactRefusal>> {
    let figures = &tx.env.contacts;
    let most = if account.kind == "ENTERPRISE" { figures.most_of_enterprise } else { figures.most };
    let bound = store::count(tx.conn, account.id, kind).await?;
    if bound < i64::from(most) { Ok(()) } else { Err(Fault::Refused(ContactRefusal::Limit { kind, most })) }
}

/// Binds an address whose code was right; gives the new contact.
async fn bind(
    tx: &mut Tx<'_>,
    account: AccountId,
    address: &Address,
) -> Result<crate::kernel::ids::ContactId, Fault<ContactRefusal>> {
    let id = crate::kernel::ids::ContactId::generate();
    let key = address.key(&tx.env.keys);
    if !store::reserve(tx.conn, &key, account, id).await? {
        let own = store::owner(tx.conn, &key).await? == Some(account);
        let refusal = if own { ContactRefusal::Yours(address.kind) } else { ContactRefusal::Taken(address.kind) };
        return Err(Fault::Refused(refusal));
    }
    let sealed = address.seal(&tx.env.keys);
    store::insert(tx.conn, account, id, address.kind, &sealed, &key, tx.now).await?;
    Ok(id)
}
