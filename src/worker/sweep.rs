//! Old rows go, in small steps, so that nobody waits for a long delete.

use chrono::TimeDelta;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Worker;
use crate::db::RunQueryDsl;
use crate::kernel::{Fault, Instant};

/// Rows of one statement.
const STEP: u32 = 500;

/// What is swept: the table, after how many days, and how. `$1` is the moment before which a row is old, `$2` the first
/// key (UUIDv7, which begins with the time) that is not, `$3` the rows of one step. No scan goes past what is old.
type Rule = (&'static str, u32, &'static str);

const IDEMPOTENCY_KEYS: &str = "
DELETE FROM idempotency_keys WHERE (subject_id, key) IN (
    SELECT subject_id, key FROM idempotency_keys WHERE created_at < $1 AND $2 IS NOT NULL
    ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED)";
const SESSIONS: &str = "
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE id < $2 AND (GREATEST(expires_at, lasts_until) < $1 OR ended_at < $1) ORDER BY id LIMIT $3
    FOR UPDATE SKIP LOCKED)";

const MESSAGES: &str = "
DELETE FROM messages WHERE id IN (
    SELECT id FROM messages WHERE id < $2 AND created_at < $1 AND state IN ('SENT', 'FAILED') ORDER BY id LIMIT $3
    FOR UPDATE SKIP LOCKED)";
const THROTTLES: &str = "
DELETE FROM throttles WHERE key IN (
    SELECT key FROM throttles WHERE resets_at < $1 AND $2 IS NOT NULL ORDER BY resets_at LIMIT $3
    FOR UPDATE SKIP LOCKED)";

// A session is swept long after it could last be refreshed; its tokens go then.
const REFRESH_TOKENS: &str = "
DELETE FROM refresh_tokens WHERE token_hash IN (
    SELECT r.token_hash FROM refresh_tokens r WHERE r.created_at < $1 AND $2 IS NOT NULL
        AND NOT EXISTS (SELECT FROM sessions s WHERE s.id = r.session_id)
    LIMIT $3 FOR UPDATE SKIP LOCKED)";
const PENDING: &str = "
DELETE FROM pending_sessions WHERE token_hash IN (
    SELECT token_hash FROM pending_sessions WHERE expires_at < $1 AND $2 IS NOT NULL LIMIT $3 FOR UPDATE SKIP LOCKED)";
// The accounts of a value are counted beside it, in the same statement.
const ASSOCIATION_SIGNALS: &str = "
WITH gone AS (
    DELETE FROM association_signals WHERE (account_id, value_key) IN (
        SELECT account_id, value_key FROM association_signals WHERE last_seen_at < $1 AND $2 IS NOT NULL
        ORDER BY last_seen_at LIMIT $3 FOR UPDATE SKIP LOCKED)
    RETURNING value_key)
UPDATE association_degrees d SET degree = d.degree - g.left_it
FROM (SELECT value_key, count(*)::int AS left_it FROM gone GROUP BY value_key) g WHERE g.value_key = d.value_key";

impl Worker {
    /// Deletes what is older than the configuration keeps. Says how many rows.
    ///
    /// # Errors
    /// The database's fault; what was deleted before stays deleted.
    pub async fn sweep(&self, shutdown: &CancellationToken) -> Result<u64, Fault> {
        let rules: [Rule; 7] = [
            ("idempotency_keys", self.settings.keep_idempotency_keys_days, IDEMPOTENCY_KEYS),
            ("sessions", self.settings.keep_ended_sessions_days, SESSIONS),
            ("messages", self.settings.keep_messages_days, MESSAGES),
            ("throttles", 1, THROTTLES),
            ("refresh_tokens", self.settings.keep_ended_sessions_days, REFRESH_TOKENS),
            ("pending_sessions", 1, PENDING),
            ("association_signals", self.settings.keep_association_signals_days, ASSOCIATION_SIGNALS),
        ];
        let mut swept = 0;
        for (table, days, statement) in rules {
            let old = self.door.clock.now() - TimeDelta::days(i64::from(days));
            loop {
                if shutdown.is_cancelled() {
                    return Ok(swept);
                }
                let rows = self.step(statement, old).await?;
                metrics::counter!("kith_swept_rows_total", "table" => table).increment(rows);
                swept += rows;
                if rows < u64::from(STEP) {
                    break;
                }
            }
        }
        Ok(swept)
    }

    /// One statement, on a connection that others get in between.
    async fn step(&self, statement: &str, old: Instant) -> Result<u64, Fault> {
        let mut conn = self.door.db.get().await?;
        let rows = diesel::sql_query(statement)
            .bind::<Timestamptz, _>(old)
            .bind::<SqlUuid, _>(first_key_after(old))
            .bind::<BigInt, _>(i64::from(STEP))
            .execute(&mut *conn)
            .await?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }
}

/// The smallest UUIDv7 that was made a minute after `at` (clocks of processes differ).
pub fn first_key_after(at: Instant) -> Uuid {
    let millis = (at + TimeDelta::minutes(1)).timestamp_millis();
    Uuid::from_u128(u128::from(u64::try_from(millis).unwrap_or(0)) << 80)
}
