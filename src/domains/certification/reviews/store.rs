//! The only SQL on `reviews`; whether a photo waits for its answer is read from `verifications`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::schema::{reviews as r, verifications as v};
use crate::db::{RunQueryDsl, fixed};
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

/// Gives whoever has an open review time until a moment, if it would lapse before.
///
/// # Errors
/// The database's fault.
pub async fn put_off(conn: &mut AsyncPgConnection, account: AccountId, until: Instant) -> Sql<usize> {
    let open = r::table.filter(r::account_id.eq(account).and(r::state.eq("ANNOUNCED")).and(r::due_at.lt(until)));
    diesel::update(open).set(r::due_at.eq(until)).execute(conn).await
}

/// Reviews whose time is over, of accounts that sent no photo before. Who did waits for the verifier or an operator, however long
/// these take.
macro_rules! lapsed {
    ($now:expr) => {{
        let photo = v::table.filter(
            v::owner_id
                .eq(r::account_id)
                .and(v::kind.eq("FACE"))
                .and(v::state.eq_any(["WAITING", "MANUAL"]))
                .and(v::created_at.lt(r::due_at)),
        );
        let over = r::table.filter(r::state.eq(fixed("ANNOUNCED")).and(r::due_at.le($now)));
        over.filter(diesel::dsl::not(diesel::dsl::exists(photo)))
    }};
}

/// Closes the review of an account that is open and has lapsed; says whether there was one. The caller has locked the account's
/// certification, as whoever sends a photo does.
///
/// # Errors
/// The database's fault.
pub async fn lapse(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> Sql<bool> {
    let lapsed = lapsed!(now).filter(r::account_id.eq(account)).select(r::account_id);
    if lapsed.first::<AccountId>(conn).await.optional()?.is_none() {
        return Ok(false);
    }
    close(conn, account, "LAPSED", now).await
}

/// Accounts with a review that has lapsed, the longest lapsed first.
///
/// # Errors
/// The database's fault.
pub async fn lapsed(conn: &mut AsyncPgConnection, now: Instant, most: i64) -> Sql<Vec<AccountId>> {
    lapsed!(now).order(r::due_at).limit(most).select(r::account_id).load(conn).await
}

/// The newest review of an account.
///
/// # Errors
/// The database's fault.
pub async fn newest(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Option<Review>> {
    let all = r::table.filter(r::account_id.eq(account)).order(r::id.desc());
    all.select(Review::as_select()).first(conn).await.optional()
}
