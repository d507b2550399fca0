//! The only SQL on `associations`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::{Association, State};
use crate::db::RunQueryDsl;
use crate::db::schema::associations as a;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, AssociationId};

type Sql<T> = Result<T, diesel::result::Error>;

/// The unique index that two associations of one pair break.
pub const PAIR: &str = "associations_of_pair";

#[derive(Queryable, QueryableByName)]
#[diesel(table_name = a)]
struct Row {
    account_id: AccountId,
    id: AssociationId,
    other_id: AccountId,
    state: String,
    asked_at: Instant,
    decided_at: Option<Instant>,
    ended_at: Option<Instant>,
}

impl Row {
    fn read(self) -> Option<Association> {
        let Self { account_id, id, other_id, state, asked_at, decided_at, ended_at } = self;
        let state = State::parse(&state)?;
        Some(Association { account: account_id, id, other: other_id, state, asked_at, decided_at, ended_at })
    }
}

/// Writes a request; says whether it is the only open one of the pair.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &Association) -> Sql<bool> {
    let put = diesel::insert_into(a::table)
        .values((
            a::account_id.eq(new.account),
            a::id.eq(new.id),
            a::other_id.eq(new.other),
            a::state.eq(new.state.text()),
            a::asked_at.eq(new.asked_at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(put == 1)
}

/// Lets the requests between two accounts lapse that were made before a moment.
///
/// # Errors
/// The database's fault.
pub async fn lapse(conn: &mut AsyncPgConnection, one: AccountId, two: AccountId, before: Instant) -> Sql<usize> {
    let between = a::account_id.eq(one).and(a::other_id.eq(two)).or(a::account_id.eq(two).and(a::other_id.eq(one)));
    let old = a::state.eq(State::Requested.text()).and(a::asked_at.le(before));
    diesel::update(a::table.filter(between.and(old))).set(a::state.eq(State::Lapsed.text())).execute(conn).await
}

/// An association of which an account is one side.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, id: AssociationId) -> Sql<Option<Association>> {
    let mine = a::account_id.eq(account).or(a::other_id.eq(account));
    let row: Option<Row> = a::table.filter(a::id.eq(id).and(mine)).first(conn).await.optional()?;
    Ok(row.and_then(Row::read))
}

/// An association of which an account is one side, locked.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, account: AccountId, id: AssociationId) -> Sql<Option<Association>> {
    let mine = a::account_id.eq(account).or(a::other_id.eq(account));
    let row: Option<Row> = a::table.filter(a::id.eq(id).and(mine)).for_update().first(conn).await.optional()?;
    Ok(row.and_then(Row::read))
}

/// Writes how an association stands, which [`lock`] gave.
///
/// # Errors
/// The database's fault.
pub async fn update(conn: &mut AsyncPgConnection, now: &Association) -> Sql<usize> {
    diesel::update(a::table.find((now.account, now.id)))
        .set((a::state.eq(now.state.text()), a::decided_at.eq(now.decided_at), a::ended_at.eq(now.ended_at)))
        .execute(conn)
        .await
}

const OF_ACCOUNT: &str = "SELECT account_id, id, other_id, state, asked_at, decided_at, ended_at FROM (
    (SELECT * FROM associations WHERE account_id = $1 AND state IN ('REQUESTED', 'ACCEPTED') ORDER BY id DESC LIMIT $2)
    UNION ALL
    (SELECT * FROM associations WHERE other_id = $1 AND state IN ('REQUESTED', 'ACCEPTED') ORDER BY id DESC LIMIT $2)
) a ORDER BY id DESC LIMIT $2";

/// The associations of an account that are accepted or wait, the newest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<Association>> {
    let query = diesel::sql_query(OF_ACCOUNT).bind::<SqlUuid, _>(account).bind::<BigInt, _>(100);
    let rows: Vec<Row> = query.load(conn).await?;
    Ok(rows.into_iter().filter_map(Row::read).collect())
}

/// The accounts that one is associated with.
///
/// # Errors
/// The database's fault.
pub async fn accepted(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<AccountId>> {
    let all = of_account(conn, account).await?;
    Ok(all.iter().filter(|one| one.state == State::Accepted).map(|one| one.side_of(account)).collect())
}
