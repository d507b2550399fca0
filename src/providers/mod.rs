//! What Kith asks of the outside, behind traits: an implementation for production, one that is built in (design, decision 9).
//!
//! | file | what |
//! |---|---|
//! | [`keys`] | the key of this installation: seals what is kept, hashes what is only compared |
//! | [`messages`] | text messages and e-mails: over a signed gateway, or into the demo's outbox |
//! | [`cards`] | a vault for card numbers: a provider's, or sealed tokens |
//! | [`payments`] | the payment gateway: a provider's, or one that answers by the card's number |
//! | [`signed`] | signed requests to providers, with time limit and circuit breaker |

pub mod cards;
pub mod keys;
pub mod messages;
pub mod payments;
pub mod signed;

pub use keys::Keys;
