//! The only SQL on `association_signals`, `association_degrees` and `association_logins`, the sweeping of old ones aside.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::{Kind, Shared};
use crate::db::RunQueryDsl;
use crate::db::schema::{association_degrees as d, association_logins as l, association_signals as s};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, SessionId, SignalId};
use crate::providers::keys::KeyedHash;

type Sql<T> = Result<T, diesel::result::Error>;

/// Own signals that one look-up follows, the newest; an account that was seen with more has its older ones left out.
pub const MOST_OWN: i64 = 200;
/// Accounts on one device that a log-in is compared with.
const MOST_ON_DEVICE: i64 = 20;

/// That an account was seen with a value.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Who.
    pub account: AccountId,
    /// With what.
    pub kind: Kind,
    /// Its hash, bound to the kind.
    pub value_key: KeyedHash,
    /// When.
    pub at: Instant,
}

// Who is seen with a value again within the hour writes nothing. Rows are put in the order of their keys, so that two
// workers do not wait for each other crosswise; the accounts of a value are counted for rows that are new.
const NOTE: &str = "
WITH put AS (
    INSERT INTO association_signals AS s (account_id, value_key, id, kind, first_seen_at, last_seen_at)
    SELECT t.account_id, t.value_key, t.id, t.kind, t.at, t.at
    FROM unnest($1, $2, $3, $4, $5) AS t (account_id, value_key, id, kind, at)
    ORDER BY t.value_key, t.account_id
    ON CONFLICT (account_id, value_key) DO UPDATE SET last_seen_at = excluded.last_seen_at
        WHERE s.last_seen_at < excluded.last_seen_at - interval '1 hour'
    RETURNING value_key, (xmax = 0) AS fresh)
INSERT INTO association_degrees AS d (value_key, degree)
SELECT value_key, count(*)::int FROM put WHERE fresh GROUP BY value_key ORDER BY value_key
ON CONFLICT (value_key) DO UPDATE SET degree = d.degree + excluded.degree";

/// Notes what accounts were seen with.
///
/// # Errors
/// The database's fault.
pub async fn note(conn: &mut AsyncPgConnection, seen: &[Seen]) -> Sql<()> {
    // One row of a statement cannot be put twice.
    let mut newest: std::collections::BTreeMap<(KeyedHash, AccountId), &Seen> = std::collections::BTreeMap::new();
    for one in seen {
        let kept = newest.entry((one.value_key, one.account)).or_insert(one);
        if one.at > kept.at {
            *kept = one;
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let rows: Vec<&Seen> = newest.into_values().collect();
    diesel::sql_query(NOTE)
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.account).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(rows.iter().map(|row| row.value_key.as_slice()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|_| SignalId::generate()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(rows.iter().map(|row| row.kind.text()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct SharedRow {
    #[diesel(sql_type = SqlUuid)]
    other: AccountId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    signal: SignalId,
    #[diesel(sql_type = Integer)]
    degree: i32,
    #[diesel(sql_type = Timestamptz)]
    own_seen_at: Instant,
    #[diesel(sql_type = Timestamptz)]
    other_seen_at: Instant,
    #[diesel(sql_type = Bool)]
    contested: bool,
}

/// The look-up; `bench/association.sql` measures this very text. What is contested counts again once an operator upheld it.
pub const SHARED: &str = "
WITH mine AS (
    SELECT s.value_key, s.id, s.kind, s.last_seen_at, d.degree,
        s.contested_at IS NOT NULL AND s.upheld IS NOT TRUE AS contested
    FROM association_signals s JOIN association_degrees d ON d.value_key = s.value_key
    WHERE s.account_id = $1 AND d.degree BETWEEN 2 AND $2
    ORDER BY s.last_seen_at DESC LIMIT $3)
SELECT o.account_id AS other, m.kind, m.id AS signal, m.degree, m.last_seen_at AS own_seen_at,
    o.last_seen_at AS other_seen_at, m.contested OR o.contested AS contested
FROM mine m CROSS JOIN LATERAL (
    SELECT o.account_id, o.last_seen_at, o.contested_at IS NOT NULL AND o.upheld IS NOT TRUE AS contested
    FROM association_signals o WHERE o.value_key = m.value_key AND o.account_id <> $1 LIMIT $2) o";

/// Every value that an account shares with others, those aside that more than `most` accounts have.
///
/// # Errors
/// The database's fault.
pub async fn shared(conn: &mut AsyncPgConnection, account: AccountId, most: u32) -> Sql<Vec<Shared>> {
    let rows: Vec<SharedRow> = diesel::sql_query(SHARED)
        .bind::<SqlUuid, _>(account)
        .bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX))
        .bind::<BigInt, _>(MOST_OWN)
        .load(conn)
        .await?;
    let shared = rows.into_iter().filter_map(|row| {
        let SharedRow { other, kind, signal, degree, own_seen_at, other_seen_at, contested } = row;
        let kind = Kind::parse(&kind)?;
        Some(Shared { other, kind, signal, degree, own_seen_at, other_seen_at, contested })
    });
    Ok(shared.collect())
}

/// A signal of an account.
#[derive(Debug, Clone, Queryable, serde::Serialize, serde::Deserialize)]
pub struct Signal {
    /// The id.
    pub id: SignalId,
    /// What it is.
    pub kind: String,
    /// When the account was first seen with it.
    pub first_seen_at: Instant,
    /// When it last was.
    pub last_seen_at: Instant,
    /// Since when it is contested.
    pub contested_at: Option<Instant>,
    /// What an operator said to that.
    pub upheld: Option<bool>,
    /// How many accounts have the value.
    pub degree: Option<i32>,
}

type Columns =
    (s::id, s::kind, s::first_seen_at, s::last_seen_at, s::contested_at, s::upheld, diesel::dsl::Nullable<d::degree>);

const COLUMNS: fn() -> Columns = || {
    use diesel::NullableExpressionMethods as _;
    (s::id, s::kind, s::first_seen_at, s::last_seen_at, s::contested_at, s::upheld, d::degree.nullable())
};

/// The signals of an account, the last seen first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<Signal>> {
    s::table
        .left_join(d::table.on(d::value_key.eq(s::value_key)))
        .filter(s::account_id.eq(account))
        .order((s::last_seen_at.desc(), s::id))
        .limit(100)
        .select(COLUMNS())
        .load(conn)
        .await
}

/// A signal of an account.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, account: AccountId, id: SignalId) -> Sql<Option<Signal>> {
    s::table
        .left_join(d::table.on(d::value_key.eq(s::value_key)))
        .filter(s::account_id.eq(account).and(s::id.eq(id)))
        .select(COLUMNS())
        .first(conn)
        .await
        .optional()
}

/// Contests a signal; says whether it was not contested before.
///
/// # Errors
/// The database's fault.
pub async fn contest(conn: &mut AsyncPgConnection, account: AccountId, id: SignalId, now: Instant) -> Sql<bool> {
    let open = s::table.filter(s::account_id.eq(account).and(s::id.eq(id)).and(s::contested_at.is_null()));
    Ok(diesel::update(open).set(s::contested_at.eq(now)).execute(conn).await? == 1)
}

/// Writes what an operator said to a contest; says whether there was one to decide.
///
/// # Errors
/// The database's fault.
pub async fn decide(conn: &mut AsyncPgConnection, account: AccountId, id: SignalId, upheld: bool) -> Sql<bool> {
    let contested = s::table.filter(s::account_id.eq(account).and(s::id.eq(id)).and(s::contested_at.is_not_null()));
    Ok(diesel::update(contested).set(s::upheld.eq(upheld)).execute(conn).await? == 1)
}

/// Notes a log-in on a device, and gives the other accounts' last sessions there, the newest.
///
/// # Errors
/// The database's fault.
pub async fn log_in(
    conn: &mut AsyncPgConnection,
    device: &KeyedHash,
    account: AccountId,
    session: SessionId,
    at: Instant,
) -> Sql<Vec<(AccountId, SessionId)>> {
    diesel::insert_into(l::table)
        .values((
            l::device_key.eq(device.as_slice()),
            l::account_id.eq(account),
            l::session_id.eq(session),
            l::at.eq(at),
        ))
        .on_conflict((l::device_key, l::account_id))
        .do_update()
        .set((l::session_id.eq(session), l::at.eq(at)))
        .execute(conn)
        .await?;
    l::table
        .filter(l::device_key.eq(device.as_slice()).and(l::account_id.ne(account)))
        .order(l::at.desc())
        .limit(MOST_ON_DEVICE)
        .select((l::account_id, l::session_id))
        .load(conn)
        .await
}
