//! What can be done with login policies.

pub mod set;
