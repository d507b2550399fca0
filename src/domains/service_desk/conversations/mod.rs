//! Conversations between buyers and a shop, and who of the staff has them.
//!
//! A buyer has one open conversation with a shop. A message of the buyer's makes the agent's load one more when it begins to
//! wait; the agent's answer, or closing, makes it one less. Writing and counting are one transaction, behind the lock of the
//! conversation.

pub mod graphql;
pub mod loaders;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod queue;
pub mod store;
