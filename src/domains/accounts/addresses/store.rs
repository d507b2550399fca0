//! The only SQL on `delivery_addresses`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::Place;
use crate::db::RunQueryDsl;
use crate::db::schema::delivery_addresses as d;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, AddressId};
use crate::providers::Keys;
use crate::providers::keys::Unreadable;

type Sql<T> = Result<T, diesel::result::Error>;

/// A delivery address as it is kept.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = d)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Row {
    /// Whose it is.
    pub account_id: AccountId,
    /// The id.
    pub id: AddressId,
    /// The place, sealed.
    pub place: Vec<u8>,
    /// Whether it is the one that is used when none is named.
    pub is_default: bool,
    /// When it was added.
    pub created_at: Instant,
    /// When it was last changed.
    pub changed_at: Instant,
}

impl Row {
    /// Opens the place.
    ///
    /// # Errors
    /// [`Unreadable`]: it was sealed with another key.
    pub fn open(&self, keys: &Keys) -> Result<Place, Unreadable> {
        Place::open(keys, &self.place)
    }
}

/// The addresses of an account, the oldest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<Row>> {
    d::table.filter(d::account_id.eq(account)).order(d::id).limit(100).select(Row::as_select()).load(conn).await
}

/// An address of an account.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, id: AddressId) -> Sql<Option<Row>> {
    d::table.find((account, id)).select(Row::as_select()).first(conn).await.optional()
}

/// Adds an address.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, row: &Row) -> Sql<usize> {
    diesel::insert_into(d::table).values(row).execute(conn).await
}

/// Writes the place of an address; says whether there is one.
///
/// # Errors
/// The database's fault.
pub async fn update(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: AddressId,
    place: &[u8],
    now: Instant,
) -> Sql<bool> {
    let row = d::table.find((account, id));
    Ok(diesel::update(row).set((d::place.eq(place), d::changed_at.eq(now))).execute(conn).await? == 1)
}

/// Removes an address; says whether it was the default, or nothing when there was none.
///
/// # Errors
/// The database's fault.
pub async fn remove(conn: &mut AsyncPgConnection, account: AccountId, id: AddressId) -> Sql<Option<bool>> {
    diesel::delete(d::table.find((account, id))).returning(d::is_default).get_result(conn).await.optional()
}

/// Makes one address the default and every other none. Under the lock of the account.
///
/// # Errors
/// The database's fault.
pub async fn make_default(conn: &mut AsyncPgConnection, account: AccountId, id: AddressId) -> Sql<usize> {
    let old = d::table.filter(d::account_id.eq(account).and(d::is_default).and(d::id.ne(id)));
    diesel::update(old).set(d::is_default.eq(false)).execute(conn).await?;
    diesel::update(d::table.find((account, id))).set(d::is_default.eq(true)).execute(conn).await
}

/// Forgets every address of an account.
///
/// # Errors
/// The database's fault.
pub async fn forget(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::delete(d::table.filter(d::account_id.eq(account))).execute(conn).await
}
