//! The SQL on the outbox, from the reader's side.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::command::Delivery;
use crate::db::Prepare as _;
use crate::db::schema::outbox as o;
use crate::kernel::Instant;
use crate::kernel::ids::EventId;

type Sql<T> = Result<T, diesel::result::Error>;

/// Takes events that are due and that no other worker has taken, the longest due first. They are this transaction's
/// until it ends.
///
/// # Errors
/// The database's fault.
pub async fn claim(conn: &mut AsyncPgConnection, now: Instant, most: i64) -> Sql<Vec<Delivery>> {
    o::table
        .filter(o::delivered_at.is_null().and(o::available_at.le(now)))
        .order((o::available_at, o::id))
        .limit(most)
        .for_update()
        .skip_locked()
        .select(Delivery::as_select())
        .load(conn)
        .await
}

/// Takes one event, unless it was delivered or is taken.
///
/// # Errors
/// The database's fault.
pub async fn claim_one(conn: &mut AsyncPgConnection, id: EventId) -> Sql<Option<Delivery>> {
    o::table
        .filter(o::id.eq(id).and(o::delivered_at.is_null()))
        .for_update()
        .skip_locked()
        .select(Delivery::as_select())
        .first(conn)
        .await
        .optional()
}

/// Marks events as delivered.
///
/// # Errors
/// The database's fault.
pub async fn delivered(conn: &mut AsyncPgConnection, ids: &[EventId], now: Instant) -> Sql<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::update(o::table.filter(o::id.eq_any(ids)))
        .set((o::delivered_at.eq(now), o::last_error.eq(None::<String>)))
        .prepared()
        .execute(conn)
        .await?;
    Ok(())
}

/// Counts a failure and puts the event off.
///
/// # Errors
/// The database's fault.
pub async fn failed(conn: &mut AsyncPgConnection, id: EventId, again_at: Instant, error: &str) -> Sql<()> {
    diesel::update(o::table.filter(o::id.eq(id).and(o::delivered_at.is_null())))
        .set((o::attempts.eq(o::attempts + 1), o::available_at.eq(again_at), o::last_error.eq(error)))
        .execute(conn)
        .await?;
    Ok(())
}
