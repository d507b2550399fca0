//! The permissions of this domain, by number.

use crate::permissions::Number;
use crate::permissions::catalogue::number;

/// Subscribe to services and configure them: the main account's alone (requirement 4.12).
pub const SERVICE_SUBSCRIBE: Number = number("service.subscribe");
/// Manage plugins: an operator's.
pub const PLUGIN_MANAGE: Number = number("platform.plugin.manage");
/// See the staff, whose permissions and settings a service has.
pub const STAFF_READ: Number = number("staff.read");
