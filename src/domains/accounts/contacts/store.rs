//! The only SQL on `contacts` and `contact_keys`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::Kind;
use crate::db::RunQueryDsl;
use crate::db::schema::{contact_keys as k, contacts as c};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, ContactId};
use crate::providers::keys::KeyedHash;

type Sql<T> = Result<T, diesel::result::Error>;

/// A bound number or address.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = c)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Contact {
    /// Whose it is.
    pub account_id: AccountId,
    /// The id.
    pub id: ContactId,
    /// `PHONE` or `EMAIL`.
    pub kind: String,
    /// The number or address, sealed.
    pub value: Vec<u8>,
    /// The hash by which it is found.
    pub value_key: Vec<u8>,
    /// Since when it is bound.
    pub bound_at: Instant,
}

/// The contacts of an account, the oldest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<Contact>> {
    c::table.filter(c::account_id.eq(account)).order(c::id).limit(100).select(Contact::as_select()).load(conn).await
}

/// The contacts of accounts: those of one account together, e-mail addresses first, and the oldest of them first.
///
/// # Errors
/// The database's fault.
pub async fn of_accounts(conn: &mut AsyncPgConnection, accounts: &[AccountId]) -> Sql<Vec<Contact>> {
    // The words sort as they should: EMAIL, PHONE.
    c::table
        .filter(c::account_id.eq_any(accounts))
        .order((c::account_id, c::kind, c::id))
        .select(Contact::as_select())
        .load(conn)
        .await
}

/// A contact of an account.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, id: ContactId) -> Sql<Option<Contact>> {
    c::table.find((account, id)).select(Contact::as_select()).first(conn).await.optional()
}

/// How many contacts of a kind an account has.
///
/// # Errors
/// The database's fault.
pub async fn count(conn: &mut AsyncPgConnection, account: AccountId, kind: Kind) -> Sql<i64> {
    c::table.filter(c::account_id.eq(account).and(c::kind.eq(kind.text()))).count().get_result(conn).await
}

/// The account that a number or address is bound to.
///
/// # Errors
/// The database's fault.
pub async fn owner(conn: &mut AsyncPgConnection, key: &KeyedHash) -> Sql<Option<AccountId>> {
    k::table.find(key.as_slice()).select(k::account_id).first(conn).await.optional()
}

/// Reserves a number or address for an account; says whether it was free. Of two who try at once one gets it.
///
/// # Errors
/// The database's fault.
pub async fn reserve(conn: &mut AsyncPgConnection, key: &KeyedHash, account: AccountId, id: ContactId) -> Sql<bool> {
    let reserved = diesel::insert_into(k::table)
        .values((k::value_key.eq(key.as_slice()), k::account_id.eq(account), k::contact_id.eq(id)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(reserved == 1)
}

/// Adds a contact, whose number or address was reserved.
///
/// # Errors
/// The database's fault.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: ContactId,
    kind: Kind,
    value: &[u8],
    key: &KeyedHash,
    now: Instant,
) -> Sql<usize> {
    diesel::insert_into(c::table)
        .values((
            c::account_id.eq(account),
            c::id.eq(id),
            c::kind.eq(kind.text()),
            c::value.eq(value),
            c::value_key.eq(key.as_slice()),
            c::bound_at.eq(now),
        ))
        .execute(conn)
        .await
}

/// Removes a contact and frees its number or address; says whether there was one.
///
/// # Errors
/// The database's fault.
pub async fn remove(conn: &mut AsyncPgConnection, account: AccountId, id: ContactId) -> Sql<bool> {
    diesel::delete(k::table.filter(k::contact_id.eq(id).and(k::account_id.eq(account)))).execute(conn).await?;
    Ok(diesel::delete(c::table.find((account, id))).execute(conn).await? == 1)
}

/// Forgets every contact of an account and frees its numbers and addresses.
///
/// # Errors
/// The database's fault.
pub async fn forget(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::delete(k::table.filter(k::account_id.eq(account))).execute(conn).await?;
    diesel::delete(c::table.filter(c::account_id.eq(account))).execute(conn).await
}
