//! What tests share.

pub mod app;
pub mod certified;
pub mod declared;
pub mod intimate;
pub mod money;
pub mod pg;
pub mod staff;
