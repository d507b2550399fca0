//! Sub-accounts (子账号): people who work for a shop under its name. They log in as `main:sub` with a password of their
//! own, or are the seats of managers who log in with an account of theirs (requirement 4.19).

pub mod graphql;
pub mod invitations;
pub mod list;
pub mod loaders;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
