//! Signals: what accounts were seen with, and what follows from it.

pub mod consumer;
pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod read;
pub mod store;
