//! What family links tell others. Payloads hold ids, and under `accounts` whom it concerns.

/// A relative accepted: the link stands.
pub const ACCEPTED: &str = "family.accepted";
/// A relative declined.
pub const DECLINED: &str = "family.declined";
/// One of the two ended the link.
pub const ENDED: &str = "family.ended";
