//! Contacts: the phone numbers and e-mail addresses that an account has shown to be its own (requirements 3.1–3.9, 1.7).
//!
//! A contact is bound by a code that was sent to it. It logs its account in and recovers it, so it belongs to one account at a
//! time, and the last one stays. It is kept sealed, looked up by a keyed hash and shown masked.
//!
//! Tables: `contacts`, `contact_keys`. Permissions: none; contacts belong to their account. Events: `contact.bound`,
//! `contact.changed`, `contact.unbound`.

pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod recipients;
pub mod store;
