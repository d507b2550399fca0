//! `authorize`: may this sub-account do this, asked by a third-party service about its own permissions, or by a shop's main
//! account about its staff. The same path as a command's check takes, but that nothing is used up.
//!
//! `usePermission` is the same for a service that goes ahead: the use is counted and on record.
//!
//! Who asks about something that is none of theirs gets the answer of something that does not exist.

pub mod decide;
pub mod facts;
pub mod graphql;
pub mod model;
pub mod ops;
pub mod store;
pub mod using;
