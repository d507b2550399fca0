//! Who answers buyers: groups with the pages that are bound to them, agents with weight and presence, dedicated agents.

pub mod graphql;
pub mod mutations;
pub mod ops;
pub mod store;
