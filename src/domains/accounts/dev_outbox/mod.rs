//! The messages that demo mode would have sent, for whoever tries Kith out: there is no phone to look at.

pub mod graphql;
