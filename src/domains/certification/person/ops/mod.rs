//! What can be done with real-person sessions.

pub mod start;
pub mod submit;
