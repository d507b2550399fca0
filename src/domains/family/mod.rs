//! Family links (亲情号): who is whose relative, as both of them say (requirements 0.1 and 0.2).
//!
//! An account asks a relative by a link that is used once and expires; only acceptance makes the link, and then both sides list
//! it. Links may form cycles: a daughter asks her father, and he asks her. Nobody is their own relative (h09).
//!
//! Tables: `family_links`. Permissions: none; a link belongs to its two accounts, and anybody else gets "not found".
//! Events: see [`events`].

pub mod contact_list;
pub mod ending;
pub mod events;
pub mod leaving;
pub mod links;
