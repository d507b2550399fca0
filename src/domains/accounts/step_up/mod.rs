//! Step-up (requirement 3.10): a session is made strong by showing a factor again, and is so for as long as whoever asks wants.
//!
//! `stepUp` takes a factor and marks the session with the moment and the factor. What is sensitive asks for it in its command,
//! inside the transaction:
//!
//! ```ignore
//! step_up::require(tx, step_up::LASTS).await?;                                  // any factor, 15 minutes
//! step_up::require_by(tx, TimeDelta::minutes(5), step_up::STRONG).await?;       // not the password alone
//! ```
//!
//! A field declares it where no rule has to be looked at first, and the schema shows it as `@stepUp(minutes: 15)`:
//!
//! ```ignore
//! #[requires(account, step_up_minutes = 15)]
//! ```
//!
//! Where it is missing the answer is a denial with the code `STEP_UP_REQUIRED`, whose extensions name the factors that would
//! help (`stepUpFactors`); nothing is changed, and the same mutation passes after `stepUp`.
//!
//! Tables: `sessions` (two columns).

pub mod graphql;
pub mod model;
pub mod ops;
pub mod require;
pub mod verify;

pub use model::{Factor, LASTS, STRONG};
pub use require::{SteppedUp, held, require, require_by, require_strongest, use_up};
