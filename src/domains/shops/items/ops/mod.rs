//! What can be done to items.

pub mod create;
pub mod delete;
pub mod price;
