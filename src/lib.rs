//! Kith: a GraphQL API for accounts that act for one another.

#![forbid(unsafe_code)]

pub mod config;
pub mod db;
pub mod kernel;
pub mod telemetry;
