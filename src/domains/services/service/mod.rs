//! The services there are.

pub mod graphql;
pub mod model;
