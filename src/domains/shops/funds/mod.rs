//! A shop's money: what waits in escrow, what is settled, and moving that out (requirement 4.14).
//!
//! An order's money waits in escrow until its buyer confirms the receipt, or `payments.settle_after_days` are over; then it is on
//! the shop's balance. A refund after that comes from the balance, which never falls below nothing. The main account gets it by
//! `withdrawFunds`. Permissions: `funds.read`, `funds.withdraw`. Events: `order.settled`, `funds.withdrawn`.

pub mod graphql;
pub mod ops;
pub mod store;
