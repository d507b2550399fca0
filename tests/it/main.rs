//! One test binary: one link, one set of helpers. Folders mirror what they test.

#![recursion_limit = "512"]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod api;
mod arch;
mod browser;
mod canary;
mod cli;
mod db;
mod edge;
mod ledger;
mod load;
mod permissions;
mod plugins;
mod readme;
mod schema;
mod support;
mod unit;
mod worker;
