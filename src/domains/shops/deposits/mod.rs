//! Deposits (保证金, requirements 2.11–2.13): some categories want one before anything of them is listed.
//!
//! How much is data (`deposit_rules`): by category and price. A shop needs the most that anything it lists wants; a new item
//! is listed only if the deposit covers it as well, and no price rises beyond that ([`listing`]), so that a deposit which fell
//! below stops every listing until it is whole again. It is an account of the ledger that cannot fall below nothing: paid in by a payment, taken from to compensate a
//! buyer or for a violation, returned when the shop closes. Each of these is one movement.
//!
//! Tables: `item_categories`, `deposit_rules`, `violations`. Permissions: `funds.read`, `deposit.pay`,
//! `shop.close`, `platform.deposit.manage`. Events: `deposit.paid`, `deposit.compensated`, `violation.recorded`, `shop.closed`.

pub mod graphql;
pub mod hooks;
pub mod listing;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
