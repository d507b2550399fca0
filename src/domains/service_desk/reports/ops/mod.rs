//! What can be done with reports.

pub mod close;
pub mod report;
