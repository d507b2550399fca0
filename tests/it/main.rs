//! One test binary.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod cli;
mod db;
