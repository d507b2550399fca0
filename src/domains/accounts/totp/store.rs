//! The only SQL on `totp_factors` and `recovery_codes`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::{recovery_codes as r, totp_factors as t};
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// An authenticator of an account.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = t)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Factor {
    /// The secret, sealed.
    pub secret: Vec<u8>,
    /// When it was set up.
    pub created_at: Instant,
    /// Since when it counts; not yet without.
    pub active_since: Option<Instant>,
}

/// The authenticator of an account, whether it counts or not.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Factor>> {
    t::table.find(account).select(Factor::as_select()).first(conn).await.optional()
}

/// The authenticator of an account that counts.
///
/// # Errors
/// The database's fault.
pub async fn active(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Factor>> {
    Ok(get(conn, account).await?.filter(|factor| factor.active_since.is_some()))
}

/// Puts a secret in the place of one that does not count yet; says whether none counts.
///
/// # Errors
/// The database's fault.
pub async fn enrol(conn: &mut AsyncPgConnection, account: AccountId, secret: &[u8], now: Instant) -> Sql<bool> {
    diesel::delete(t::table.find(account).filter(t::active_since.is_null())).execute(conn).await?;
    let added = diesel::insert_into(t::table)
        .values((t::account_id.eq(account), t::secret.eq(secret), t::created_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(added == 1)
}

/// Makes an authenticator count.
///
/// # Errors
/// The database's fault.
pub async fn activate(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<usize> {
    diesel::update(t::table.find(account)).set(t::active_since.eq(now)).execute(conn).await
}

/// Takes the code of a time step; says whether neither it nor a later one was taken before. Of two at once, one is the first.
///
/// # Errors
/// The database's fault.
pub async fn take_step(conn: &mut AsyncPgConnection, account: AccountId, step: i64) -> Sql<bool> {
    let fresh = t::table.find(account).filter(t::last_step.lt(step));
    Ok(diesel::update(fresh).set(t::last_step.eq(step)).execute(conn).await? == 1)
}

/// Forgets the authenticator of an account that counts and its recovery codes; says whether there was one.
///
/// # Errors
/// The database's fault.
pub async fn remove(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<bool> {
    diesel::delete(r::table.filter(r::account_id.eq(account))).execute(conn).await?;
    let removed = diesel::delete(t::table.find(account).filter(t::active_since.is_not_null())).execute(conn).await?;
    Ok(removed == 1)
}

/// Puts recovery codes in the place of those before.
///
/// # Errors
/// The database's fault.
pub async fn put_codes(conn: &mut AsyncPgConnection, account: AccountId, hashes: &[Vec<u8>], now: Instant) -> Sql<()> {
    diesel::delete(r::table.filter(r::account_id.eq(account))).execute(conn).await?;
    let rows: Vec<_> = hashes
        .iter()
        .map(|hash| (r::account_id.eq(account), r::code_hash.eq(hash.as_slice()), r::created_at.eq(now)))
        .collect();
    diesel::insert_into(r::table).values(rows).execute(conn).await?;
    Ok(())
}

/// Uses a recovery code up; says whether it was one, and this the first time.
///
/// # Errors
/// The database's fault.
pub async fn use_code(conn: &mut AsyncPgConnection, account: AccountId, hash: &[u8], now: Instant) -> Sql<bool> {
    let unused = r::table.find((account, hash)).filter(r::used_at.is_null());
    Ok(diesel::update(unused).set(r::used_at.eq(now)).execute(conn).await? == 1)
}

/// How many recovery codes are left.
///
/// # Errors
/// The database's fault.
pub async fn codes_left(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<i64> {
    r::table.filter(r::account_id.eq(account).and(r::used_at.is_null())).count().get_result(conn).await
}
