//! What can be done to refunds.

pub mod approve;
pub mod reject;
pub mod request;
pub mod review;
