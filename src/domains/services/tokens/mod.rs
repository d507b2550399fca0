//! Tokens with which a third-party service asks Kith for decisions. Shown once, kept as hashes; a revoked one is refused with
//! the next request, since every request looks its token up.

pub mod authenticate;
pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
