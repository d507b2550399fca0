//! Positions (岗位): what comes with a job. Each has permissions, some of them locked: shown, held, not removable
//! (requirement 4.2). High-risk permissions are in none (requirement 4.14).

pub mod defaults;
pub mod graphql;
pub mod loaders;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
