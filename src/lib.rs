//! Kith: a GraphQL API for accounts that act for one another.

#![forbid(unsafe_code)]

pub mod graphql;
pub mod kernel;
pub mod server;
