//! Who takes events once they are committed. The worker hands them over.

use diesel::prelude::*;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::db::Connection;
use crate::db::schema::outbox;
use crate::kernel::ids::{EventId, ShopId};
use crate::kernel::{Fault, Instant};

/// An event on its way to the consumers.
#[derive(Debug, Clone, QueryableByName)]
#[diesel(table_name = outbox)]
pub struct Delivery {
    /// The event. A consumer that keeps it in a unique column can never take it twice.
    pub id: EventId,
    /// What happened, e.g. `refund.approved`.
    pub topic: String,
    /// The shop it happened in.
    #[diesel(column_name = shop_id)]
    pub shop: Option<ShopId>,
    /// The facts.
    pub payload: Value,
    /// When it happened.
    pub created_at: Instant,
    /// Since when it is due.
    pub available_at: Instant,
    /// How often it failed.
    pub attempts: i32,
}

/// Somebody who wants to know of events. It writes through the connection it is given and nowhere else: what it does
/// then stands or falls with the delivery, in one transaction, so that every event takes effect exactly once.
pub trait Consumer: Send + Sync + 'static {
    /// What it is called in the log.
    fn name(&self) -> &'static str;

    /// Whether it wants events of this topic.
    fn wants(&self, topic: &str) -> bool;

    /// Takes events, the longest due first. After a fault, everything that was done with them is undone, and they come again:
    /// each by itself, and the one that is at fault later than the others.
    fn consume<'a>(&'a self, conn: &'a mut Connection, events: &'a [&'a Delivery]) -> BoxFuture<'a, Result<(), Fault>>;
}
