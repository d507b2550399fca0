//! Asking to pay (requirement 0.12): what the limits refuse goes to the payer, who approves or declines; after 24 hours it lapses.
//!
//! A request that nobody answered in time is told by its `expires_at`; the worker writes it down and tells both sides.

pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
