//! Real-name in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Region;
use super::ops::certify::Certify;
use crate::domains::certification::graphql::{Certification, certification};
use crate::domains::certification::outside::certifier;
use crate::domains::certification::verifications;
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::kernel::ids::TypedId;
use crate::telemetry::Secret;

/// A document to be certified by.
#[derive(InputObject)]
pub struct CertifyByDocumentInput {
    /// Who issued it: first, because its rules follow from that.
    pub region: Region,
    /// The number of the document.
    #[graphql(secret)]
    pub number: String,
    /// The name as it stands in the document.
    #[graphql(secret)]
    pub name: String,
}

/// The certification after a mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CertificationPayload {
    /// The certification; null when the rules refused.
    pub certification: Option<Certification>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Real-name.
#[derive(Default)]
pub struct IdentityMutation;

#[guarded]
#[Object]
impl IdentityMutation {
    /// Certifies the name of this account by a document (实名). Mainland documents have their answer at once where the verifier
    /// has; others may wait for an operator. Codes: `DOCUMENT_INVALID`, `DOCUMENT_REGION_CODE_UNKNOWN`,
    /// `DOCUMENT_DATE_INVALID`, `DOCUMENT_CHECK_DIGIT_WRONG`, `DOCUMENT_OF_OTHER_REGION`, `NAME_INVALID`, `PHONE_NOT_BOUND`,
    /// `IDENTITY_TAKEN`, `ALREADY_CERTIFIED`, `CERTIFICATION_WAITING`.
    #[requires(account)]
    async fn certify_by_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CertifyByDocumentInput,
    ) -> async_graphql::Result<CertificationPayload> {
        let request = RequestContext::of(ctx)?;
        let certifier = certifier(ctx).or_client(request)?;
        let command =
            Certify { region: input.region, name: Secret::new(input.name), number: Secret::new(input.number) };
        let asked = match execute(ctx, command).await? {
            Answer::Refused(user_errors) => return Ok(CertificationPayload { certification: None, user_errors }),
            Answer::Done(asked) => asked,
        };
        verifications::ask(&request.door, certifier, asked.account.uuid(), asked.verification)
            .await
            .or_client(request)?;
        let certification = certification(request, asked.account).await.or_client(request)?;
        Ok(CertificationPayload { certification: Some(certification), user_errors: Vec::new() })
    }
}
