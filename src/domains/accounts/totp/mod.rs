//! An authenticator app as second factor (TOTP, RFC 6238), and recovery codes (requirement 3.14).
//!
//! `enrolTotp` gives the secret once, `confirmTotp` makes it count once a code of it was right and gives the recovery codes
//! once. From then on every log-in waits for a code. What the app shows is computed by `totp-rs`; the secret is sealed, recovery
//! codes are kept as keyed hashes, each code of the app is good once, and tries that fail cost ever longer waits.
//!
//! Tables: `totp_factors`, `recovery_codes`. Events: `security.totp_enabled`, `security.totp_disabled`,
//! `security.recovery_code_used`.

pub mod check;
pub mod graphql;
pub mod model;
pub mod ops;
pub mod store;

pub use check::{check, use_recovery};
