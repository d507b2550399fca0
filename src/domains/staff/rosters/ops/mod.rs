//! What can be done with the roster.

pub mod set;
