//! What can be done for charity.

pub mod delist;
pub mod list;
pub mod set;
