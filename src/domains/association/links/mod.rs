//! Accounts that their owner joined, with consent on both sides (requirement 1.6).
//!
//! One account asks another by its log-in name, the other accepts within some days, either ends it. Two accounts have one
//! association at most, whoever asked: a unique index holds it. Accepting shows each side's bought items to the other, so
//! ending it holds with the next request.

pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
