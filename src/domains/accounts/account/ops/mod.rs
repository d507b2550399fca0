//! What can be done to accounts.

pub mod delete;
pub mod disable;
pub mod register;
