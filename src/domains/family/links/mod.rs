//! Invitations to relatives and the links that come of them.
//!
//! | state | how it comes about |
//! |---|---|
//! | pending | the inviter asked; the link in the message is good for some days |
//! | accepted | the relative accepted it: the family link stands |
//! | declined | the relative said no |
//! | expired | nobody answered in time |
//! | revoked | the inviter took it back before it was answered |
//! | ended | it was accepted, and one of the two ended it later |

pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
