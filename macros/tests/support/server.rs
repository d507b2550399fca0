// The modules of the server that an expansion names, for the examples in the documentation: `include!` it at the root.

#[path = "../graphql/mod.rs"]
pub mod graphql;
#[path = "../permissions/mod.rs"]
pub mod permissions;
