//! The only SQL on `payment_passwords`.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::Verified;
use crate::db::RunQueryDsl;
use crate::db::schema::payment_passwords as p;
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// A try that was counted.
#[derive(Debug, QueryableByName)]
pub struct Try {
    /// What is to be compared.
    #[diesel(sql_type = Text)]
    pub hash: String,
    /// Since when it is the password.
    #[diesel(sql_type = Timestamptz)]
    pub set_at: Instant,
    /// Tries in a row, this one included.
    #[diesel(sql_type = Integer)]
    pub tries: i32,
    /// Until when it is locked, if this was the last try.
    #[diesel(sql_type = Timestamptz)]
    pub window_ends_at: Instant,
}

const TRY: &str = "
UPDATE payment_passwords SET
    tries = CASE WHEN window_ends_at <= $2 THEN 1 ELSE tries + 1 END, window_ends_at = $3
WHERE account_id = $1 AND (window_ends_at <= $2 OR tries < $4)
RETURNING hash, set_at, tries, window_ends_at";

/// Counts a try, unless there were `most` wrong ones in a row and the lock stands. One statement of its own.
///
/// # Errors
/// The database's fault.
pub async fn try_one(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: Instant,
    locks_until: Instant,
    most: i32,
) -> Sql<Option<Try>> {
    diesel::sql_query(TRY)
        .bind::<SqlUuid, _>(account)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(locks_until)
        .bind::<Integer, _>(most)
        .get_result(conn)
        .await
        .optional()
}

/// Shortens a lock that ends later than one that begins now: a clock that was ahead wrote it (h07).
///
/// # Errors
/// The database's fault.
pub async fn shorten(conn: &mut AsyncPgConnection, account: AccountId, locks_until: Instant) -> Sql<usize> {
    let too_long = p::table.find(account).filter(p::window_ends_at.gt(locks_until));
    diesel::update(too_long).set(p::window_ends_at.eq(locks_until)).execute(conn).await
}

/// Forgets the wrong tries, after a right one.
///
/// # Errors
/// The database's fault.
pub async fn was_right(conn: &mut AsyncPgConnection, account: AccountId, set_at: Instant) -> Sql<usize> {
    let same = p::account_id.eq(account).and(p::set_at.eq(set_at));
    diesel::update(p::table.filter(same)).set(p::tries.eq(0)).execute(conn).await
}

/// Takes a try back that was counted and not compared, because too much was under way.
///
/// # Errors
/// The database's fault.
pub async fn take_back(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::update(p::table.find(account).filter(p::tries.gt(0))).set(p::tries.eq(p::tries - 1)).execute(conn).await
}

/// A payment password as it stands, without its hash.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = p)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Standing {
    /// Whose it is.
    pub account_id: AccountId,
    /// Since when.
    pub set_at: Instant,
    /// Wrong tries in a row.
    pub tries: i32,
    /// Until when it is locked, if it is.
    pub window_ends_at: Instant,
}

impl Standing {
    /// Until when it is locked at a moment; `None`: it is open. `longest` is the end of a lock that begins at that moment: none
    /// ends later, whatever a clock that was ahead has written (h07).
    #[must_use]
    pub fn locked_until(&self, now: Instant, longest: Instant, most: u32) -> Option<Instant> {
        let full = u32::try_from(self.tries).unwrap_or(0) >= most;
        (full && now < self.window_ends_at).then_some(self.window_ends_at.min(longest))
    }

    /// Whether it is still the password that was compared, and open.
    #[must_use]
    pub fn is(&self, verified: &Verified) -> bool {
        self.account_id == verified.account && self.set_at == verified.set_at
    }
}

/// The payment passwords of accounts.
///
/// # Errors
/// The database's fault.
pub async fn standing(conn: &mut AsyncPgConnection, accounts: &[AccountId]) -> Sql<Vec<Standing>> {
    p::table.filter(p::account_id.eq_any(accounts)).select(Standing::as_select()).load(conn).await
}

/// Whether what was compared is still the password, as of this statement.
///
/// # Errors
/// The database's fault.
pub async fn stands(conn: &mut AsyncPgConnection, verified: &Verified) -> Sql<bool> {
    let found: Option<Instant> = p::table.find(verified.account).select(p::set_at).first(conn).await.optional()?;
    Ok(found == Some(verified.set_at))
}

/// Sets a password and forgets wrong tries.
///
/// # Errors
/// The database's fault.
pub async fn set(conn: &mut AsyncPgConnection, account: AccountId, hash: &str, now: Instant) -> Sql<usize> {
    let new = (p::hash.eq(hash), p::set_at.eq(now), p::tries.eq(0), p::window_ends_at.eq(now));
    diesel::insert_into(p::table)
        .values((p::account_id.eq(account), new))
        .on_conflict(p::account_id)
        .do_update()
        .set(new)
        .execute(conn)
        .await
}
