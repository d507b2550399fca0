//! What this domain tells others, once it is committed.

use serde_json::{Value, json};

use crate::command::Event;
use crate::domains::staff::sub_accounts::model::SubAccount;
use crate::kernel::ids::{PositionId, ShopId};
use crate::permissions::{Number, catalogue};

/// A sub-account was created.
pub const CREATED: &str = "sub_account.created";
/// A sub-account departed, or an invitation was withdrawn or declined.
pub const DEPARTED: &str = "sub_account.departed";
/// A departed sub-account is back.
pub const RESTORED: &str = "sub_account.restored";
/// Somebody set a new password for a sub-account.
pub const PASSWORD_RESET: &str = "sub_account.password_reset";
/// A sub-account changed its position.
pub const MOVED: &str = "sub_account.moved";
/// The shifts of a sub-account were set.
pub const ROSTER_SET: &str = "roster.set";
/// An account was asked to manage a shop; `account` is the one who is asked.
pub const INVITED: &str = "manager.invited";
/// The account accepted.
pub const ACCEPTED: &str = "manager.accepted";
/// A permission was granted; `permission` is its code.
pub const GRANTED: &str = "permission.granted";
/// A permission was taken away.
pub const REVOKED: &str = "permission.revoked";
/// Several permissions of a sub-account changed at once.
pub const CHANGED: &str = "permission.changed";
/// A position was added.
pub const POSITION_CREATED: &str = "position.created";
/// A position's name or permissions changed.
pub const POSITION_UPDATED: &str = "position.updated";

/// Something happened to a sub-account.
#[must_use]
pub fn about(topic: &'static str, who: &SubAccount) -> Event {
    let payload = json!({ "subAccount": who.id, "name": who.name, "account": who.linked_account_id });
    Event { topic, shop: Some(who.shop_id), payload }
}

/// A permission of a sub-account changed.
#[must_use]
pub fn about_permission(topic: &'static str, who: &SubAccount, permission: Number, by: &str) -> Event {
    let payload = json!({
        "subAccount": who.id, "name": who.name, "account": who.linked_account_id,
        "permission": catalogue::code(permission), "by": by,
    });
    Event { topic, shop: Some(who.shop_id), payload }
}

/// Something happened to a position.
#[must_use]
pub fn about_position(topic: &'static str, shop: ShopId, position: PositionId) -> Event {
    let payload: Value = json!({ "position": position });
    Event { topic, shop: Some(shop), payload }
}
