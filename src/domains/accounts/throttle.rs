//! How often something may be tried: by source, by log-in name, by number. One conditional statement, never read-then-write.
//!
//! What is counted is told by a keyed hash, so that the table tells nobody's number or address (h35).

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Timestamptz};
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::throttles as t;
use crate::kernel::Instant;
use crate::providers::keys::KeyedHash;

type Sql<T> = Result<T, diesel::result::Error>;

const TAKE: &str = "
INSERT INTO throttles AS t (key, used, resets_at) VALUES ($1, 1, $3)
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN t.resets_at <= $2 THEN 1 ELSE t.used + 1 END,
    resets_at = CASE WHEN t.resets_at <= $2 THEN $3 ELSE t.resets_at END
WHERE t.resets_at <= $2 OR t.used < $4";

/// Counts one use, unless there were `most` in the window already. Says whether it was counted.
///
/// # Errors
/// The database's fault.
pub async fn take(
    conn: &mut AsyncPgConnection,
    key: &KeyedHash,
    now: Instant,
    window: TimeDelta,
    most: i32,
) -> Sql<bool> {
    let counted = diesel::sql_query(TAKE)
        .bind::<Binary, _>(key.as_slice())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now + window)
        .bind::<Integer, _>(most)
        .execute(conn)
        .await?;
    Ok(counted == 1)
}

/// When the window of a key ends.
///
/// # Errors
/// The database's fault.
pub async fn resets_at(conn: &mut AsyncPgConnection, key: &KeyedHash) -> Sql<Option<Instant>> {
    t::table.find(key.as_slice()).select(t::resets_at).first(conn).await.optional()
}

/// How tries that fail are answered: some are free, then each costs twice the wait of the one before.
#[derive(Debug, Clone, Copy)]
pub struct BackOff {
    /// Failures before the first wait.
    pub free: i32,
    /// The first wait, in seconds.
    pub first_s: f64,
    /// The longest wait, in seconds.
    pub longest_s: f64,
}

const TRIED: &str = "
INSERT INTO throttles AS t (key, used, resets_at) VALUES ($1, 1, $3)
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN t.resets_at <= $2 THEN 1 ELSE t.used + 1 END,
    resets_at = $3,
    blocked_until = CASE WHEN t.resets_at > $2 AND t.used + 1 >= $4
        THEN $2 + make_interval(secs => LEAST($6, $5 * power(2, LEAST(t.used + 1 - $4, 30)))) END
WHERE NOT $7 OR t.resets_at <= $2 OR t.blocked_until IS NULL OR t.blocked_until <= $2
RETURNING used";

#[derive(QueryableByName)]
struct Used {
    #[diesel(sql_type = Integer)]
    used: i32,
}

/// Counts a failure of a key, which is forgotten a day after the last one. Gives how many there were, this one included.
///
/// # Errors
/// The database's fault.
pub async fn failed(conn: &mut AsyncPgConnection, key: &KeyedHash, now: Instant, figures: BackOff) -> Sql<i32> {
    Ok(count(conn, key, now, figures, false).await?.unwrap_or(0))
}

/// Counts a try of a key before it is known whether it fails, unless the key is blocked: of many at once no more get through
/// than are free. Gives how many there were, this one included; nothing when it is blocked. A success clears the count.
///
/// # Errors
/// The database's fault.
pub async fn attempt(
    conn: &mut AsyncPgConnection,
    key: &KeyedHash,
    now: Instant,
    figures: BackOff,
) -> Sql<Option<i32>> {
    count(conn, key, now, figures, true).await
}

async fn count(
    conn: &mut AsyncPgConnection,
    key: &KeyedHash,
    now: Instant,
    figures: BackOff,
    unless_blocked: bool,
) -> Sql<Option<i32>> {
    use diesel::sql_types::{Bool, Double};
    let counted: Option<Used> = diesel::sql_query(TRIED)
        .bind::<Binary, _>(key.as_slice())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now + TimeDelta::days(1))
        .bind::<Integer, _>(figures.free)
        .bind::<Double, _>(figures.first_s)
        .bind::<Double, _>(figures.longest_s)
        .bind::<Bool, _>(unless_blocked)
        .get_result(conn)
        .await
        .optional()?;
    Ok(counted.map(|counted| counted.used))
}

/// How often a key was tried without success lately.
///
/// # Errors
/// The database's fault.
pub async fn failures(conn: &mut AsyncPgConnection, key: &KeyedHash, now: Instant) -> Sql<i32> {
    let used = t::table.find(key.as_slice()).filter(t::resets_at.gt(now)).select(t::used);
    Ok(used.first(conn).await.optional()?.unwrap_or(0))
}

/// Until when the strictest of some keys is blocked, if one is. Never longer than `longest_s` from now, wherever the clock
/// was when it was blocked.
///
/// # Errors
/// The database's fault.
pub async fn blocked_until(
    conn: &mut AsyncPgConnection,
    keys: &[KeyedHash],
    now: Instant,
    figures: BackOff,
) -> Sql<Option<Instant>> {
    let keys: Vec<&[u8]> = keys.iter().map(<[u8; 32]>::as_slice).collect();
    let until: Option<Instant> =
        t::table.filter(t::key.eq_any(keys)).select(diesel::dsl::max(t::blocked_until)).first(conn).await?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a configured wait")]
    let longest = now + TimeDelta::seconds(figures.longest_s as i64);
    Ok(until.map(|until| until.min(longest)).filter(|until| now < *until))
}

/// Forgets the failures of a key.
///
/// # Errors
/// The database's fault.
pub async fn clear(conn: &mut AsyncPgConnection, key: &KeyedHash) -> Sql<usize> {
    diesel::delete(t::table.find(key.as_slice())).execute(conn).await
}
