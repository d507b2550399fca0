//! Who a person is, and whether it is them in the photo.
//!
//! Two questions, each behind a trait: whether an identity exists ([`IdentityVerifier`]), and whether a photo shows its owner
//! doing what was asked ([`FaceVerifier`]). The one for production asks a service over signed HTTP ([`http`]); the built-in one
//! ([`rules`]) knows forms and photos, no registry, and leaves to an operator what it cannot tell.

pub mod http;
pub mod rules;

use std::time::Duration;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::telemetry::Secret;

/// Who somebody says they are. Its `Debug` shows neither name nor number.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The issuing region, e.g. `MAINLAND`.
    pub region: String,
    /// The name in the document.
    pub name: Secret<String>,
    /// The number of the document.
    pub number: Secret<String>,
}

/// What a verifier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is right.
    Match,
    /// It is wrong, for this reason (a stable word).
    Mismatch(&'static str),
    /// It cannot tell: an operator looks.
    Unsure(&'static str),
}

/// Why there is no verdict yet. The same question can be asked later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// Something is wrong between us and the verifier: a stable word.
    Provider(&'static str),
    /// The verifier failed so often that it is left alone for a while. Nothing was asked.
    Resting(Duration),
}

/// Knows which identities exist.
pub trait IdentityVerifier: Send + Sync + 'static {
    /// Whether name and number belong together. `id` is the same for every try of one question.
    fn identity<'a>(&'a self, id: Uuid, claim: &'a Claim) -> BoxFuture<'a, Result<Verdict, VerifyError>>;
}

/// Compares faces.
pub trait FaceVerifier: Send + Sync + 'static {
    /// Whether a photo (JPEG) shows the person of the claim, doing the gesture.
    fn face<'a>(
        &'a self,
        id: Uuid,
        claim: &'a Claim,
        gesture: &'a str,
        photo: &'a [u8],
    ) -> BoxFuture<'a, Result<Verdict, VerifyError>>;
}
