//! What can be done to orders.

pub mod place;
