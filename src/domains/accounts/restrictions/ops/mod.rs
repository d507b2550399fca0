//! What can be done about a restriction.

pub mod confirm;
