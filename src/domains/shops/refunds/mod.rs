//! Refunds (退款): a buyer asks, staff approve or reject, the money goes back.

pub mod batch;
pub mod graphql;
pub mod model;
pub mod ops;
pub mod store;
