//! Creators (达人): a capability that needs a certified account (requirement 2.1).

pub mod mutations;
pub mod ops;
pub mod store;

pub use store::since;
