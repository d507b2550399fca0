//! What tests share.

pub mod declared;
pub mod pg;
