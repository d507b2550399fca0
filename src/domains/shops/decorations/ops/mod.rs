//! What can be done with decorations.

pub mod update;
