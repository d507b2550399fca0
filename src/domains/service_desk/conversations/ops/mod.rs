//! What can be done in conversations.

pub mod assign;
pub mod close;
pub mod contact;
pub mod hand_over;
pub mod send;
