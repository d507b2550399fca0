//! Accounts: who exists, how they log in, which session acts.
//!
//! An account is a person, an enterprise or a platform operator. A sub-account is staff of a shop and belongs to the
//! domain `staff`; that it can log in is decided here. Accounts are never joined by themselves (requirement 1.1).
//!
//! Tables: `accounts`, `login_names`, `sessions`, `one_time_codes`, `contacts`, `contact_keys`, `throttles`, `devices`,
//! `pending_sessions`, `refresh_tokens`, `totp_factors`, `recovery_codes`, `delivery_addresses`, `friends`,
//! `account_restrictions`; the views
//! `session_subjects`, `session_versions`. Permission: `platform.account.disable`. Events: `account.registered`,
//! `account.deleted`, `account.disabled`, `account.enabled`, `account.logged_in`, `contact.bound`, `contact.changed`, `contact.unbound`,
//! `delivery_address.added`, `delivery_address.changed`, `friend.requested`, `friend.accepted`, `security.*`.

pub mod account;
pub mod addresses;
pub mod codes;
pub mod contacts;
pub mod dev_outbox;
pub mod devices;
pub mod friends;
pub mod own;
pub mod password;
pub mod restrictions;
pub mod sessions;
pub mod step_up;
pub mod throttle;
pub mod token;
pub mod totp;
