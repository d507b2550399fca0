//! The relation between a payer and a relative who pays with the payer's money.
//!
//! Opening is two steps (requirement 0.4): asking shows the terms, the relations there are and a token; confirming with the token
//! opens just what was shown. The token *is* the terms, sealed with this installation's key, so nothing is kept of what is not
//! confirmed, and what is confirmed cannot be anything else. The id of the relation stands in it: confirming twice meets the key.
//!
//! A relation is active, frozen (somebody reported a payment; the payer lets it go on) or ended (either side, at any time).

pub mod cases;
pub mod forms;
pub mod graphql;
pub mod inputs;
pub mod list;
pub mod model;
pub mod mutations;
pub mod offer;
pub mod ops;
pub mod parts;
pub mod refusal;
pub mod store;
pub mod terms;
