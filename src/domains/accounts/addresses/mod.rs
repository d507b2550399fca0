//! Delivery addresses: where an account's parcels go. At most 20, one of them the default.
//!
//! An address is about a person: it is sealed, shown to its owner with the phone number masked, and never in logs or audit
//! text. Two ways to write one place are told to be the same by [`model::Place::normalised`], whose hash is a signal of
//! association (requirement 1.4).
//!
//! Tables: `delivery_addresses`. Permissions: none; an address belongs to its account. Events: [`ADDED`], [`CHANGED`],
//! [`USED`].

pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;

/// An address was added; the payload names `account` and `address`.
pub const ADDED: &str = "delivery_address.added";
/// An address was changed; the payload names `account` and `address`.
pub const CHANGED: &str = "delivery_address.changed";
/// An order is delivered to an address; the payload names `account` and `address`.
pub const USED: &str = "delivery_address.used";
