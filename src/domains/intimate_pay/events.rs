//! What intimate pay tells others. Payloads hold ids and amounts as decimal texts, and under `accounts` whom it concerns.

/// A payer opened a relation.
pub const OPENED: &str = "intimate_pay.opened";
/// The payer changed limits or methods.
pub const CHANGED: &str = "intimate_pay.changed";
/// Somebody reported a payment: the relation is frozen.
pub const FROZEN: &str = "intimate_pay.frozen";
/// The payer let it go on.
pub const UNFROZEN: &str = "intimate_pay.unfrozen";
/// Either side ended it, or the family link that it stood on.
pub const ENDED: &str = "intimate_pay.ended";
/// A payment was begun.
pub const USED: &str = "intimate_pay.used";
/// A payment came to nothing: its quota is back.
pub const FAILED: &str = "intimate_pay.failed";
/// An amount of a payment came back, and its quota with it.
pub const GIVEN_BACK: &str = "intimate_pay.given_back";
/// The beneficiary asks the payer to pay what the limits refuse.
pub const REQUESTED: &str = "pay_request.asked";
/// The payer paid it.
pub const REQUEST_APPROVED: &str = "pay_request.approved";
/// The payer did not want to.
pub const REQUEST_DECLINED: &str = "pay_request.declined";
/// Nobody answered in time, the order was paid otherwise, or the relation ended.
pub const REQUEST_LAPSED: &str = "pay_request.lapsed";
/// A payment password was set.
pub const PASSWORD_SET: &str = "payment_password.set";
/// A payment password was wrong too often.
pub const PASSWORD_LOCKED: &str = "payment_password.locked";
