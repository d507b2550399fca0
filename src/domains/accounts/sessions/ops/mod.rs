//! What can be done to sessions.

pub mod log_in;
pub mod log_out;
pub mod step_up;
