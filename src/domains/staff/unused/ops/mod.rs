//! What can be done about them.

pub mod trim;
