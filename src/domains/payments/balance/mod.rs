//! What an account holds, and its statement: every movement of its balance.
//!
//! Tables: none of its own; the ledger's. Permissions: none; a balance belongs to its account.

pub mod graphql;
pub mod ops;
pub mod store;
