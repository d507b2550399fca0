//! What can be done to sessions.

pub mod change_password;
pub mod confirm;
pub mod end;
pub mod fail;
pub mod log_in;
pub mod log_out;
pub mod recover;
pub mod refresh;
pub mod staff_code;
mod unseen;
