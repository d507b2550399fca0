//! What can be done about a step-up.

pub mod send_code;
pub mod step_up;
