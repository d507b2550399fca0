//! What is to leave the transaction: written with the change ([`super::closing`]), sent by the worker afterwards.

use serde_json::Value;

use crate::kernel::ids::ShopId;

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
