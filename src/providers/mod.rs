//! What Kith asks of the outside, behind traits: an implementation for production, one that is built in (design, decision 9).
//!
//! | file | what |
//! |---|---|
//! | [`keys`] | the key of this installation: seals what is kept, hashes what is only compared |
//! | [`messages`] | text messages and e-mails: over a signed gateway, or into the demo's outbox |
//! | [`cards`] | a vault for card numbers: a provider's, or sealed tokens |
//! | [`payments`] | the payment gateway: a provider's, or one that answers by the card's number |
//! | [`signed`] | signed requests to providers, with time limit and circuit breaker |
//! | [`breaker`] | leaves a provider that fails alone for a while |
//! | [`verify`] | identities and faces: a verifier over HTTP, or built-in rules |
//! | [`images`] | photos of strangers, read within limits and made anew |
//! | [`photos`] | where they are kept: a folder, or S3 |

pub mod breaker;
pub mod cards;
pub mod images;
pub mod keys;
pub mod messages;
pub mod payments;
pub mod photos;
pub mod signed;
pub mod verify;

pub use keys::Keys;
