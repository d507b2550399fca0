//! What can be done for charity.

pub mod delist;
pub mod list;
pub mod pay_out;
pub mod set;
