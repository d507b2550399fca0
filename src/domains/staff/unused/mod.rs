//! Permissions that nobody uses: personal grants under which nothing was done for a while, and one call that takes them back.
//!
//! The audit trail knows the grant of every deed, so nothing else is counted. Reading leaves no entry; what only lets read is
//! never called unused.

pub mod graphql;
pub mod ops;
pub mod store;
