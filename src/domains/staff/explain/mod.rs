//! Why somebody may or may not, what would help, and who could: now and at a past moment (requirements 5.6 and 5.10).
//!
//! The answers are made by `permissions::explain`, from the pieces that decide; here they are asked for and shown.

pub mod entry;
pub mod graphql;
pub mod past;
pub mod question;
pub mod standing;
pub mod store;
