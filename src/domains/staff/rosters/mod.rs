//! The roster: who of the staff is on shift when, in the shop's time zone. A grant can be bound to it (`onShift`), and the service
//! desk gives conversations to those who are on shift. What shifts are, and whether somebody is on one, is
//! [`shifts`](crate::permissions::shifts).
//!
//! Nobody sets their own shifts, or those of somebody above: with a grant that is bound to them, that would be granting to
//! oneself (requirement 5.2).

pub mod graphql;
pub mod ops;
pub mod store;
