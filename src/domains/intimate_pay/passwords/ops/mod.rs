//! What can be done with payment passwords.

pub mod set;
pub mod wrong;
