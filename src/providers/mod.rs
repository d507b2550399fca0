//! What Kith asks of the outside, behind traits: an implementation for production, one that is built in (design, decision 9).
//!
//! | file | what |
//! |---|---|
//! | [`keys`] | the key of this installation: seals what is kept, hashes what is only compared |
//! | [`messages`] | text messages and e-mails: over a signed gateway, or into the demo's outbox |

pub mod keys;
pub mod messages;

pub use keys::Keys;
