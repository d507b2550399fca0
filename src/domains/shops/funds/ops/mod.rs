//! What can be done with a shop's money.

pub mod withdraw;
