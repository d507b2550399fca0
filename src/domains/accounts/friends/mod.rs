//! Friends: the part of an account's contacts list that is no family (requirement 0.1).
//!
//! One account asks another by its log-in name, the other accepts; either removes it at any time. Each side has a row of its
//! own, so that an account reads its list by its own key.
//!
//! Tables: `friends`. Permissions: none. Events: `friend.requested`, `friend.accepted`.

pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
