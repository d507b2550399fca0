//! What this domain tells others, once it is committed.

use serde_json::json;

use crate::command::Event;
use crate::kernel::ids::{ShopId, SubAccountId};

/// A shop subscribed to a service, or agreed again to what it may do.
pub const SUBSCRIBED: &str = "service.subscribed";
/// A shop ended a subscription.
pub const UNSUBSCRIBED: &str = "service.unsubscribed";
/// A shop changed a service's settings; `subAccount` when they are one sub-account's.
pub const CONFIGURED: &str = "service.configured";

/// Something happened between a shop and a service.
#[must_use]
pub fn about(topic: &'static str, shop: ShopId, service: &str, sub_account: Option<SubAccountId>) -> Event {
    Event { topic, shop: Some(shop), payload: json!({ "service": service, "subAccount": sub_account }) }
}
