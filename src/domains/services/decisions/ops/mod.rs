//! What is done about decisions.

pub mod use_permission;
