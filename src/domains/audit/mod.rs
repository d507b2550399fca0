//! The audit trail: who did what, on what, when, from where, under which grant (requirement 4.18).
//!
//! The command door writes it ([`crate::command::audit`]), in the transaction of the deed, denials included; this domain
//! reads it. Every shop has a chain, every account has one for what it does to itself, and the platform has one. The
//! order of a list is the order of the chain: `last: 20` gives the newest.
//!
//! | file | what |
//! |---|---|
//! | [`model`] | what may be read ([`Readable`]), filters, details as key and value |
//! | [`store`] | the only SQL that reads the trail for people |
//! | [`graphql`] | `auditTrail` of a shop, of the platform, of one's own account |
//! | [`stream`] | `auditEntryAdded`: new entries as they come, for as long as the reader may read them |
//! | [`verify`](mod@verify) | finds what was changed by hand (h14) |
//!
//! Tables: `audit_chains`, `audit_entries` (append-only by trigger). Permissions: `audit.read` and `audit.export` in a shop,
//! `platform.audit.read` for operators. Events: none; it knows of no other domain.

pub mod export;
pub mod graphql;
pub mod model;
pub mod store;
pub mod stream;
pub mod verify;

pub use graphql::{AuditQuery, ViewerAudit};
pub use model::Readable;
pub use stream::Streams;
pub use stream::graphql::AuditSubscription;
pub use verify::{verify, verify_all};
