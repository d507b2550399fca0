//! What can be done with red packets.

pub mod claim;
pub mod end;
pub mod send;
