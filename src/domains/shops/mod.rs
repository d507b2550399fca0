//! The domain `shops`.
pub mod ledger;
