//! Grants: what a sub-account may do beyond its position, or may not do although its position gives it.
//!
//! A personal grant overrides the position: ALLOW adds a permission or narrows it by limits (requirement 5.4), DENY takes
//! it away. A grant that is changed keeps its id, so that what was used of its limits goes on counting (h06); what it was
//! before stays as a closed row (requirement 5.10).

pub mod edit;
pub mod graphql;
pub mod limits;
pub mod loaders;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
