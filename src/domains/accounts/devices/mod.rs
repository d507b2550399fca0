//! Devices that an account has logged in from (requirement 3.10). A device is known by a token that it keeps: a new one gets
//! it once its log-in was confirmed. Only the hash is kept here.
//!
//! Tables: `devices`, `pending_sessions`.

pub mod store;
