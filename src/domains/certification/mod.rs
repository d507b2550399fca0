//! Certification: who an account is (实名), whether it is them (实人认证), and whether it still is (requirements 2.1–2.10).
//!
//! | aggregate | what | requirements |
//! |---|---|---|
//! | [`identity`] | a document, checked by the rules of its region; one identity for one operator | 2.2, 2.3, 2.9 |
//! | [`person`] | a gesture that was asked for, and a photo of it | 2.4, 2.5, 2.8 |
//! | [`verifications`] | questions to verifiers; the queue of operators for what they cannot tell | 2.4, 4.10 |
//! | [`reviews`] | again after twelve months, or at a random time; announced, spread, and what a failed one takes away | 2.6–2.9 |
//! | [`creators`] | a capability that needs a certified account | 2.1 |
//!
//! A question goes out after the transaction that asks it has committed ([`verifications::ask`]), and its answer comes back as
//! a command. What could not be asked is asked again by the worker. Other domains ask [`standing`].
//!
//! Tables: `certifications`, `identity_keys`, `person_sessions`, `verifications`, `verification_looks`, `reviews`,
//! `creators`; photos in [`Photos`](crate::providers::photos::Photos). Permission: `platform.certification.review`. Events: [`events`].

pub mod creators;
pub mod events;
pub mod graphql;
pub mod identity;
pub mod leaving;
pub mod outside;
pub mod person;
pub mod reviews;
pub mod standing;
pub mod verifications;

pub use outside::Certifier;
pub use standing::{Standing, name_hashed_for};
