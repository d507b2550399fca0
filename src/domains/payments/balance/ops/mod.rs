//! What can be done with balances, payments aside.

pub mod set_aside;
pub mod top_up;
