//! Login policies by position: hours, days, clients, methods (requirement 4.20). Log-in itself looks at them
//! ([`policy`](crate::domains::accounts::sessions::policy)).

pub mod graphql;
pub mod ops;
pub mod store;
