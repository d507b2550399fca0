//! What an account does with its inbox.

pub mod mark_read;
pub mod switch;
