//! The identity of an account: name and document, sealed; compared by keyed hashes.

pub mod elsewhere;
pub mod holder;
pub mod mainland;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
