//! The permissions of this domain, by number.

use crate::permissions::Number;
use crate::permissions::catalogue::number;

/// See sub-accounts, positions and what they may do.
pub const STAFF_READ: Number = number("staff.read");
/// Create sub-accounts, invite managers, restore departed staff.
pub const SUB_ACCOUNT_CREATE: Number = number("sub_account.create");
/// End a sub-account's access.
pub const SUB_ACCOUNT_DEPART: Number = number("sub_account.depart");
/// Add and edit positions, move staff between them.
pub const POSITION_MANAGE: Number = number("position.manage");
/// Grant and revoke.
pub const PERMISSION_GRANT: Number = number("permission.grant");
/// Say who is on shift when.
pub const ROSTER_MANAGE: Number = number("roster.manage");
