//! The commands on grants, one a file.

pub mod grant;
pub mod revoke;
pub mod set;
