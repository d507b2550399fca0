//! Cards that the vault is to forget. The only SQL on `card_removals`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::card_removals as r;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, PaymentMethodId};

type Sql<T> = Result<T, diesel::result::Error>;

/// A card that is to be forgotten.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = r)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Removal {
    /// Whose it was.
    pub account_id: AccountId,
    /// The method, which is the vault's key of the removal.
    pub method_id: PaymentMethodId,
    /// The vault's token, sealed.
    pub token: Vec<u8>,
    /// How often it was tried.
    pub tries: i32,
}

/// Asks for a card to be forgotten.
///
/// # Errors
/// The database's fault.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    method: PaymentMethodId,
    token: &[u8],
    now: Instant,
) -> Sql<usize> {
    diesel::insert_into(r::table)
        .values((r::account_id.eq(account), r::method_id.eq(method), r::token.eq(token), r::available_at.eq(now)))
        .execute(conn)
        .await
}

const TAKE: &str = "
UPDATE card_removals SET tries = tries + 1, available_at = $2
WHERE (account_id, method_id) IN (
    SELECT account_id, method_id FROM card_removals WHERE available_at <= $1
    ORDER BY available_at, method_id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING account_id, method_id, token, tries";

/// Takes removals that are due, for as long as the lease.
///
/// # Errors
/// The database's fault.
pub async fn take(conn: &mut AsyncPgConnection, now: Instant, lease_ends: Instant, most: i64) -> Sql<Vec<Removal>> {
    diesel::sql_query(TAKE)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(lease_ends)
        .bind::<BigInt, _>(most)
        .load(conn)
        .await
}

/// Notes when the next try is.
///
/// # Errors
/// The database's fault.
pub async fn again(conn: &mut AsyncPgConnection, taken: &Removal, at: Instant) -> Sql<usize> {
    let mine = r::table.find((taken.account_id, taken.method_id));
    diesel::update(mine).set(r::available_at.eq(at)).execute(conn).await
}

/// Takes a removal off the list, and the token with it; says whether it was there.
///
/// # Errors
/// The database's fault.
pub async fn done(conn: &mut AsyncPgConnection, account: AccountId, method: PaymentMethodId) -> Sql<bool> {
    Ok(diesel::delete(r::table.find((account, method))).execute(conn).await? == 1)
}
