//! What a shop sells.

pub mod graphql;
pub mod model;
pub mod ops;
pub mod store;
