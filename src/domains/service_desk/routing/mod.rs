//! Who gets a conversation.

pub mod graphql;
pub mod model;
pub mod simulate;
pub mod store;
