//! What certification asks of the outside, put together by the composition root.

use std::sync::Arc;

use async_graphql::Context;

use super::verifications::ops::decide::StaffDecided;
use crate::kernel::Fault;
use crate::kernel::dice::SharedDice;
use crate::providers::payments::holders::AccountHolders;
use crate::providers::photos::Photos;
use crate::providers::verify::{FaceVerifier, IdentityVerifier};

/// The outside of certification: one for a process.
pub struct Certifier {
    /// Knows which identities exist.
    pub identity: Arc<dyn IdentityVerifier>,
    /// Compares faces.
    pub face: Arc<dyn FaceVerifier>,
    /// Knows who holds payment accounts.
    pub holders: Arc<dyn AccountHolders>,
    /// Keeps photos.
    pub photos: Photos,
    /// Chooses gestures and days.
    pub dice: SharedDice,
    /// What follows for a sub-account from an answer.
    pub staff: StaffDecided,
}

/// The outside of certification, where it is connected.
///
/// # Errors
/// [`Fault::NotFound`] where it is not.
pub fn certifier<'a>(ctx: &Context<'a>) -> Result<&'a Certifier, Fault> {
    let certifier = ctx.data_opt::<Arc<Certifier>>().ok_or(Fault::NotFound { what: "certifier" })?;
    Ok(certifier)
}
