//! Real-name in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::holder::holder;
use super::model::Region;
use super::ops::certify::{Asked, Certify, CertifyByPaymentAccount};
use crate::domains::certification::Certifier;
use crate::domains::certification::graphql::{Certification, certification};
use crate::domains::certification::outside::certifier;
use crate::domains::certification::verifications;
use crate::graphql::command::{Answer, blameless, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::parse;
use crate::kernel::Fault;
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

/// A payment account to be certified by.
#[derive(InputObject)]
pub struct CertifyByPaymentAccountInput {
    /// The payment account: a verified one of `viewer.paymentMethods`.
    pub payment_account_id: ID,
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
        Box::pin(asked(request, certifier, execute(ctx, command).await?)).await
    }

    /// Certifies the name of this account by its verified payment account (实名): the provider of payments says who holds it. The
    /// other of the two methods. Codes: `PAYMENT_ACCOUNT_NOT_VERIFIED`, `PAYMENT_ACCOUNT_WITHOUT_IDENTITY`,
    /// `PAYMENT_PROVIDER_FAULT`, `PAYMENT_PROVIDER_OFF`, `TOO_MANY_TRIES`, `PHONE_NOT_BOUND`, `IDENTITY_TAKEN`,
    /// `ALREADY_CERTIFIED`, `CERTIFICATION_WAITING`.
    #[requires(account)]
    async fn certify_by_payment_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CertifyByPaymentAccountInput,
    ) -> async_graphql::Result<CertificationPayload> {
        let request = RequestContext::of(ctx)?;
        let certifier = certifier(ctx).or_client(request)?;
        let method = parse(&input.payment_account_id, "payment method").or_client(request)?;
        let holder = match Box::pin(holder(request, certifier, method)).await {
            Ok(holder) => holder,
            Err(Fault::Refused(refusal)) => {
                let user_errors = vec![UserError::of(&refusal, request)];
                return Ok(CertificationPayload { certification: None, user_errors });
            }
            Err(fault) => return Err(to_client(blameless(fault), request)),
        };
        Box::pin(asked(request, certifier, execute(ctx, CertifyByPaymentAccount { method, holder }).await?)).await
    }
}

/// Puts the question that a command asks, and shows where the certification stands then.
async fn asked(
    request: &RequestContext,
    certifier: &Certifier,
    answer: Answer<Asked>,
) -> async_graphql::Result<CertificationPayload> {
    let asked = match answer {
        Answer::Refused(user_errors) => return Ok(CertificationPayload { certification: None, user_errors }),
        Answer::Done(asked) => asked,
    };
    verifications::ask(&request.door, certifier, asked.account.uuid(), asked.verification).await.or_client(request)?;
    let certification = certification(request, asked.account).await.or_client(request)?;
    Ok(CertificationPayload { certification: Some(certification), user_errors: Vec::new() })
}
