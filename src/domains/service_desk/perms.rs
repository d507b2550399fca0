//! The permissions of this domain, by number.

use crate::permissions::Number;
use crate::permissions::catalogue::number;

/// Answer buyers.
pub const SERVE: Number = number("desk.serve");
/// Groups, weights and everybody's conversations.
pub const MANAGE: Number = number("desk.manage");
/// Read and close reports of unwanted messages.
pub const REPORTS: Number = number("platform.report.handle");
