//! What a shop's pages look like (店铺装修): a document, version by version (requirement 4.14).

pub mod graphql;
pub mod ops;
pub mod store;
