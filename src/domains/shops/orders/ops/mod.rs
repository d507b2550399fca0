//! What can be done to orders.

pub mod pay;
pub mod place;
