//! What can be done to orders.

pub mod confirm;
pub mod pay;
pub mod place;
pub mod settle;
