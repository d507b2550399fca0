//! What tests share.

pub mod app;
pub mod certified;
pub mod declared;
pub mod folders;
pub mod intimate;
pub mod migrated;
pub mod money;
pub mod pg;
pub mod staff;
