//! The shop itself.

pub mod graphql;
pub mod loaders;
pub mod model;
pub mod ops;
pub mod store;
