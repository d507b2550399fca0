//! The only SQL on `reviews`.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::fixed;
use crate::db::schema::reviews as r;
use crate::kernel::Instant;
use crate::kernel::ids::AccountId;

type Sql<T> = Result<T, diesel::result::Error>;

/// A review.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = r)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Review {
    /// Whose.
    pub account_id: AccountId,
    /// `PERIODIC` or `RANDOM`.
    pub kind: String,
    /// `ANNOUNCED`, `PASSED`, `FAILED` or `LAPSED`.
    pub state: String,
    /// When it was announced.
    pub announced_at: Instant,
    /// When it lapses.
    pub due_at: Instant,
}

/// Announces a review.
///
/// # Errors
/// The database's fault.
pub async fn announce(conn: &mut AsyncPgConnection, new: &Review) -> Sql<usize> {
    diesel::insert_into(r::table)
        .values((
            r::account_id.eq(new.account_id),
            r::id.eq(Uuid::now_v7()),
            r::kind.eq(&new.kind),
            r::state.eq("ANNOUNCED"),
            r::announced_at.eq(new.announced_at),
            r::due_at.eq(new.due_at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
}

/// Closes the review of an account that is open; says whether there was one.
///
/// # Errors
/// The database's fault.
pub async fn close(conn: &mut AsyncPgConnection, account: AccountId, state: &str, now: Instant) -> Sql<bool> {
    let open = r::table.filter(r::account_id.eq(account).and(r::state.eq("ANNOUNCED")));
    Ok(diesel::update(open).set((r::state.eq(state), r::decided_at.eq(now))).execute(conn).await? > 0)
}

/// Closes the review of an account that is open and has lapsed; says whether there was one.
///
/// # Errors
/// The database's fault.
pub async fn lapse(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<bool> {
    let lapsed = r::table.filter(r::account_id.eq(account).and(r::state.eq(fixed("ANNOUNCED"))).and(r::due_at.le(now)));
    Ok(diesel::update(lapsed).set((r::state.eq("LAPSED"), r::decided_at.eq(now))).execute(conn).await? > 0)
}

/// Accounts with a review that has lapsed, the longest lapsed first.
///
/// # Errors
/// The database's fault.
pub async fn lapsed(conn: &mut AsyncPgConnection, now: Instant, most: i64) -> Sql<Vec<AccountId>> {
    let lapsed = r::table.filter(r::state.eq(fixed("ANNOUNCED")).and(r::due_at.le(now)));
    lapsed.order(r::due_at).limit(most).select(r::account_id).load(conn).await
}

/// The newest review of an account.
///
/// # Errors
/// The database's fault.
pub async fn newest(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Review>> {
    let all = r::table.filter(r::account_id.eq(account)).order(r::id.desc());
    all.select(Review::as_select()).first(conn).await.optional()
}
