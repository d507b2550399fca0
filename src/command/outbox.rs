//! What is to leave the transaction: written with the change, sent by the worker afterwards.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::db::Prepare as _;
use crate::db::schema::outbox;
use crate::kernel::Instant;
use crate::kernel::ids::{EventId, ShopId};

/// Something that happened and that others want to know of.
#[derive(Debug, Clone)]
pub struct Event {
    /// What happened, e.g. `refund.approved`. Each domain lists its own in `events.rs`.
    pub topic: &'static str,
    /// The shop it happened in, if it was one.
    pub shop: Option<ShopId>,
    /// The facts, as ids and amounts.
    pub payload: Value,
}

/// Writes events behind the change that they tell of.
///
/// # Errors
/// The database's fault.
pub async fn write(mut conn: &AsyncPgConnection, now: Instant, events: &[Event]) -> Result<(), diesel::result::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            (
                outbox::id.eq(EventId::generate()),
                outbox::topic.eq(event.topic),
                outbox::shop_id.eq(event.shop),
                outbox::payload.eq(&event.payload),
                outbox::created_at.eq(now),
                outbox::available_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(outbox::table).values(rows).prepared().execute(&mut conn).await?;
    Ok(())
}
