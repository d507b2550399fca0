//! What can be done to tokens of services.

pub mod issue;
pub mod revoke;
