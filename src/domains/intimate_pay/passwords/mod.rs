//! Payment passwords (requirement 0.6): what whoever confirms a payment must know, beside being logged in.
//!
//! Kept as an Argon2id hash only, never returned. A try is counted by a conditional update before anything is compared (h32), on
//! its own: what is refused later gives no try back, and neither `@dryRun` nor parallel requests get one for nothing. After
//! so many wrong ones it locks for a while, for right ones too; whoever can step up sets a new one, which opens it.
//!
//! Comparing takes a core for 28 ms, so it happens outside of every transaction; the command that relies on it asks inside its own
//! whether the password is still the one that was compared ([`Verified`]). Of equal tries that arrive together one is counted and
//! compared for all, so that an honest client that sends many payments at once is not taken for somebody who guesses.

pub mod check;
pub mod graphql;
pub mod model;
pub mod ops;
pub mod store;

pub use check::check;
pub use model::{PasswordFailure, Verified};
