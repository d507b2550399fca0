//! What can be done with identities.

pub mod certify;
