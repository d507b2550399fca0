//! What can be done to refunds.

pub mod approve;
pub mod pay_back;
pub mod reject;
pub mod request;
pub mod review;
