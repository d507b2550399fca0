//! The only SQL on `devices` and `pending_sessions`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::{devices as d, pending_sessions as p};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, ContactId, DeviceId};

type Sql<T> = Result<T, diesel::result::Error>;

/// A device.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = d)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Device {
    /// The id.
    pub id: DeviceId,
    /// What it called itself when it was first seen.
    pub name: String,
    /// When it was first seen.
    pub first_seen_at: Instant,
    /// When it last logged in.
    pub last_seen_at: Instant,
}

/// Finds a device by the hash of its token and notes that it was seen.
///
/// # Errors
/// The database's fault.
pub async fn seen(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    token_hash: &[u8],
    now: Instant,
) -> Sql<Option<DeviceId>> {
    diesel::update(d::table.filter(d::account_id.eq(account).and(d::token_hash.eq(token_hash))))
        .set(d::last_seen_at.eq(now))
        .returning(d::id)
        .get_result(conn)
        .await
        .optional()
}

/// Finds a device by the hash of its token. Without an account it looks as long and finds none (h33).
///
/// # Errors
/// The database's fault.
pub async fn known(
    conn: &mut AsyncPgConnection,
    account: Option<AccountId>,
    token_hash: &[u8],
) -> Sql<Option<DeviceId>> {
    d::table
        .filter(d::account_id.nullable().eq(account).and(d::token_hash.eq(token_hash)))
        .select(d::id)
        .first(conn)
        .await
        .optional()
}

/// Adds a device.
///
/// # Errors
/// The database's fault.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    token_hash: &[u8],
    name: &str,
    now: Instant,
) -> Sql<DeviceId> {
    let id = DeviceId::generate();
    diesel::insert_into(d::table)
        .values((
            d::account_id.eq(account),
            d::id.eq(id),
            d::token_hash.eq(token_hash),
            d::name.eq(name),
            d::first_seen_at.eq(now),
            d::last_seen_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// The devices of an account, the newest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<Device>> {
    d::table
        .filter(d::account_id.eq(account))
        .order(d::id.desc())
        .limit(100)
        .select(Device::as_select())
        .load(conn)
        .await
}

/// Forgets a device; says whether there was one.
///
/// # Errors
/// The database's fault.
pub async fn remove(conn: &mut AsyncPgConnection, account: AccountId, id: DeviceId) -> Sql<bool> {
    Ok(diesel::delete(d::table.find((account, id))).execute(conn).await? == 1)
}

/// Forgets every device of an account, and the log-ins that wait.
///
/// # Errors
/// The database's fault.
pub async fn forget_all(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<()> {
    diesel::delete(d::table.filter(d::account_id.eq(account))).execute(conn).await?;
    drop_pending(conn, account).await
}

/// A log-in that waits for its code.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = p)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Pending {
    /// The hash of its token.
    pub token_hash: Vec<u8>,
    /// Who logs in.
    pub account_id: AccountId,
    /// Where the code went; none where an authenticator is asked.
    pub contact_id: Option<ContactId>,
    /// The device, if it is known.
    pub device_id: Option<DeviceId>,
    /// The hash of the token that the device gave, if any.
    pub device_key: Option<Vec<u8>>,
    /// The name it logs in by.
    pub name: String,
    /// The client.
    pub client: String,
    /// When.
    pub created_at: Instant,
    /// Until when it can be confirmed.
    pub expires_at: Instant,
}

/// Puts a log-in in the place of the account's other ones that wait.
///
/// # Errors
/// The database's fault.
pub async fn put_pending(conn: &mut AsyncPgConnection, pending: &Pending) -> Sql<usize> {
    drop_pending(conn, pending.account_id).await?;
    diesel::insert_into(p::table).values(pending).execute(conn).await
}

/// The log-in of a token, locked.
///
/// # Errors
/// The database's fault.
pub async fn pending(conn: &mut AsyncPgConnection, token_hash: &[u8]) -> Sql<Option<Pending>> {
    p::table.find(token_hash).select(Pending::as_select()).for_update().first(conn).await.optional()
}

/// Ends the log-ins of an account that wait.
///
/// # Errors
/// The database's fault.
pub async fn drop_pending(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<()> {
    diesel::delete(p::table.filter(p::account_id.eq(account))).execute(conn).await?;
    Ok(())
}
