//! The only SQL on `creators`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::creators as c;
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// Since when an account is a creator.
///
/// # Errors
/// The database's fault.
pub async fn since(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Instant>> {
    c::table.find(account).select(c::since).first(conn).await.optional()
}

/// Makes an account a creator, if it is none.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<usize> {
    let row = (c::account_id.eq(account), c::since.eq(now));
    diesel::insert_into(c::table).values(row).on_conflict_do_nothing().execute(conn).await
}
