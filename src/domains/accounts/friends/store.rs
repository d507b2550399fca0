//! The only SQL on `friends`.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::AsyncPgConnection;

use super::model::State;
use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::friends as f;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, FriendId};
use crate::kernel::page::{Page, Slice};

type Sql<T> = Result<T, diesel::result::Error>;

/// How an account stands to another.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = f)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Row {
    /// Whose list it is in.
    pub account_id: AccountId,
    /// The other.
    pub friend_id: AccountId,
    /// The relation; the same on both sides.
    pub id: FriendId,
    /// `ASKED`, `AWAITS` or `FRIENDS`.
    pub state: String,
    /// Since when.
    pub since: Instant,
}

/// How an account stands to another, by the other.
///
/// # Errors
/// The database's fault.
pub async fn between(conn: &mut AsyncPgConnection, account: AccountId, other: AccountId) -> Sql<Option<Row>> {
    f::table.find((account, other)).select(Row::as_select()).first(conn).await.optional()
}

/// The same by the relation.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, id: FriendId) -> Sql<Option<Row>> {
    f::table.filter(f::account_id.eq(account).and(f::id.eq(id))).select(Row::as_select()).first(conn).await.optional()
}

/// Writes both sides. Under the locks of both accounts.
///
/// # Errors
/// The database's fault.
pub async fn put(conn: &mut AsyncPgConnection, row: &Row, state: State) -> Sql<usize> {
    let side = |account_id, friend_id, state: State| Row {
        account_id,
        friend_id,
        id: row.id,
        state: state.text().to_owned(),
        since: row.since,
    };
    let rows = [side(row.account_id, row.friend_id, state), side(row.friend_id, row.account_id, state.mirrored())];
    diesel::insert_into(f::table)
        .values(&rows)
        .on_conflict((f::account_id, f::friend_id))
        .do_update()
        .set((f::state.eq(excluded(f::state)), f::since.eq(excluded(f::since))))
        .execute(conn)
        .await
}

/// Removes both sides.
///
/// # Errors
/// The database's fault.
pub async fn remove(conn: &mut AsyncPgConnection, one: AccountId, two: AccountId) -> Sql<usize> {
    let both = f::account_id.eq(one).and(f::friend_id.eq(two)).or(f::account_id.eq(two).and(f::friend_id.eq(one)));
    diesel::delete(f::table.filter(both)).execute(conn).await
}

/// How many rows an account's list has.
///
/// # Errors
/// The database's fault.
pub async fn count(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<i64> {
    f::table.filter(f::account_id.eq(account)).count().get_result(conn).await
}

/// A page of an account's list, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    state: Option<State>,
    page: &Page<FriendId>,
) -> Sql<Slice<Row>> {
    let mut query = f::table.filter(f::account_id.eq(account)).select(Row::as_select()).into_boxed();
    if let Some(state) = state {
        query = query.filter(f::state.eq(state.text()));
    }
    page_by!(conn, query, f::id, newest_first, page)
}

/// Forgets the friends of an account, on both sides.
///
/// # Errors
/// The database's fault.
pub async fn forget(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<usize> {
    diesel::delete(f::table.filter(f::account_id.eq(account).or(f::friend_id.eq(account)))).execute(conn).await
}
