//! The permissions of this domain, by number.

use crate::permissions::Number;
use crate::permissions::catalogue::number;

/// See plugins, their figures and their faults.
pub const PLUGIN_READ: Number = number("platform.plugin.read");
/// Promote, roll back, release, remove.
pub const PLUGIN_MANAGE: Number = number("platform.plugin.manage");
