//! What can be done with reviews.

pub mod announce;
pub mod lapse;
pub mod mark;
