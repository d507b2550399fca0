//! Uses of a relation: the beneficiary pays, the payer's money moves, and what was counted is on record.
//!
//! A use is counted against the month that it happens in, in the payer's time zone, and says which: what comes back of it comes
//! back to that month (requirement 0.13). Money, methods and the gateway are the domain `payments`'; it tells [`listener`] in its
//! own transaction how a payment ended and what was refunded.

pub mod bill;
pub mod graphql;
pub mod listener;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod picture;
pub mod refusal;
pub mod spend;
pub mod store;
pub mod stream;
