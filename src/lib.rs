//! Kith: a GraphQL API for accounts that act for one another.

#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod command;
pub mod config;
pub mod db;
pub mod domains;
pub mod graphql;
pub mod kernel;
pub mod permissions;
pub mod server;
pub mod telemetry;
pub mod worker;
