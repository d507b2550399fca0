//! One-time codes: one mechanism for all of them (requirement 3.4).
//!
//! A code belongs to an account, a purpose and the number or address it was sent to; it does nothing for another. There is one
//! at a time: asking again kills the old. It is kept as a keyed hash, good for some minutes, some tries and one success. A try
//! is counted by a conditional update before anything is compared, so that aliases of one request, parallel requests and
//! `@dryRun` get no try for nothing (h32). A wrong code is an *answer* of the command, not a refusal: a refusal is rolled back,
//! and the try with it.
//!
//! Tables: `one_time_codes`, `throttles`; the message goes to `messages`.

pub mod check;
pub mod issue;
pub mod model;
pub mod store;

pub use check::{check, sent_to};
pub use issue::{Ask, Issued, account_of_link, issue};
pub use model::{Checked, CodeFailure, Purpose, SendRefusal};
