//! What tests share.

pub mod app;
pub mod declared;
pub mod money;
pub mod pg;
pub mod staff;
