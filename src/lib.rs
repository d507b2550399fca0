//! Kith: a GraphQL API for accounts that act for one another.

#![forbid(unsafe_code)]

pub mod kernel;
