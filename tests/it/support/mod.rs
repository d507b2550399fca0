//! What tests share.

pub mod app;
pub mod declared;
pub mod pg;
pub mod staff;
