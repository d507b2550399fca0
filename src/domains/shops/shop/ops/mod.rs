//! What can be done to shops.

pub mod open;
