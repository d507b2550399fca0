//! The account itself.

pub mod deletion;
pub mod graphql;
pub mod leaving;
pub mod loaders;
pub mod model;
pub mod ops;
pub mod store;
