//! What can be done as a creator.

pub mod become_creator;
