//! What can be done with a relation that pays.

pub mod pay;
