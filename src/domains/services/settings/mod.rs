//! What a shop set of a service, checked against the service's own JSON Schema (requirement 4.16).

pub mod model;
pub mod mutations;
pub mod ops;
pub mod trial;
