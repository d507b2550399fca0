//! What is said in conversations: sealed, read many at a time, and heard as it comes, on every replica.

pub mod graphql;
pub mod loaders;
pub mod store;
pub mod stream;
pub mod subscription;
