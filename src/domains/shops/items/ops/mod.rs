//! What can be done to items.

pub mod create;
