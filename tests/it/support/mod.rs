//! What tests share.

pub mod pg;
