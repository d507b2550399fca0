//! What can be done to accounts.

pub mod disable;
pub mod register;
