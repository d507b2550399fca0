//! How often something may be tried: by source, by log-in name, by number. One conditional statement, never read-then-write.
//!
//! What is counted is told by a keyed hash, so that the table tells nobody's number or address (h35).

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

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
