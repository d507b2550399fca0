//! What can be done about signals.

pub mod contest;
pub mod look_up;
pub mod review;
