//! The only SQL on `account_restrictions`.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::account_restrictions as r;
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// Restricts an account; says whether it was not restricted before.
///
/// # Errors
/// The database's fault.
pub async fn put(conn: &mut AsyncPgConnection, account: AccountId, reason: &str, now: Instant) -> Sql<bool> {
    let added = diesel::insert_into(r::table)
        .values((r::account_id.eq(account), r::reason.eq(reason), r::since.eq(now)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(added == 1)
}

/// Why an account is restricted, and since when.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<(String, Instant)>> {
    r::table.find(account).select((r::reason, r::since)).first(conn).await.optional()
}

const MAY_ACT: &str = "
SELECT EXISTS (SELECT FROM accounts a WHERE a.id = $1 AND a.state = 'ACTIVE'
    AND NOT EXISTS (SELECT FROM account_restrictions r WHERE r.account_id = a.id)) AS may_act";

#[derive(QueryableByName)]
struct MayAct {
    #[diesel(sql_type = Bool)]
    may_act: bool,
}

/// Whether an account may act: it is active, and has nothing to confirm first.
///
/// # Errors
/// The database's fault.
pub async fn may_act(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<bool> {
    let asked = diesel::sql_query(MAY_ACT).bind::<SqlUuid, _>(account);
    let found: MayAct = asked.get_result(conn).await?;
    Ok(found.may_act)
}

/// Lifts the restriction of an account; says whether there was one.
///
/// # Errors
/// The database's fault.
pub async fn remove(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<bool> {
    Ok(diesel::delete(r::table.find(account)).execute(conn).await? == 1)
}
