//! The queue of operators in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kith_macros::guarded;

use super::asking::opened;
use super::ops::decide::{Decide, Decision, REVIEW};
use super::store::{self, Verification as Row};
use crate::connection;
use crate::domains::certification::Certifier;
use crate::domains::certification::outside::certifier;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;

/// What is to be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum VerificationKind {
    /// Whether name and number belong together.
    Identity,
    /// Whether a photo shows the person, doing what was asked.
    Face,
}

/// Something that rules and verifiers could not tell, and an operator is asked.
pub struct Verification {
    row: Row,
    certifier: Option<Arc<Certifier>>,
}

/// Something that rules and verifiers could not tell, and an operator is asked.
#[guarded(inherits)]
#[Object]
impl Verification {
    /// The id.
    async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// What is to be found out.
    async fn kind(&self) -> VerificationKind {
        if self.row.kind == "FACE" { VerificationKind::Face } else { VerificationKind::Identity }
    }

    /// Why an operator is asked, as a stable word.
    async fn reason(&self) -> Option<&str> {
        self.row.reason.as_deref()
    }

    /// When it was put.
    async fn created_at(&self) -> DateTime {
        DateTime(self.row.created_at)
    }

    /// Who issued the document.
    async fn region(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        Ok(self.claim(request).map(|claim| claim.region))
    }

    /// The name in the document, whole: it is what is to be compared.
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        Ok(self.claim(request).map(|claim| claim.name.expose().clone()))
    }

    /// The number of the document, whole.
    async fn number(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        Ok(self.claim(request).map(|claim| claim.number.expose().clone()))
    }

    /// The gesture that was asked for.
    async fn gesture(&self) -> Option<&str> {
        self.row.gesture.as_deref()
    }

    /// The photo, as a data URL of a JPEG.
    async fn photo(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        let (Some(key), Some(certifier)) = (&self.row.photo, &self.certifier) else { return Ok(None) };
        let photo = certifier.photos.get(key).await.or_client(request)?;
        Ok(photo.map(|photo| format!("data:image/jpeg;base64,{}", STANDARD.encode(photo))))
    }
}

impl Verification {
    fn claim(&self, request: &RequestContext) -> Option<crate::providers::verify::Claim> {
        self.row.claim.as_deref().and_then(|sealed| opened(&request.door.env.keys, sealed))
    }
}

connection!(
    /// A page of what waits for operators.
    VerificationConnection,
    VerificationEdge,
    Verification
);

/// What waits for operators.
#[derive(Default)]
pub struct VerificationQuery;

#[guarded]
#[Object]
impl VerificationQuery {
    /// Identities and photos that wait for an operator, the oldest first.
    #[requires("platform.certification.review")]
    async fn verification_queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<VerificationConnection> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        let certifier = ctx.data_opt::<Arc<Certifier>>().cloned();
        page(request, certifier, args).await.or_client(request)
    }
}

async fn page(
    request: &RequestContext,
    certifier: Option<Arc<Certifier>>,
    args: PageArgs,
) -> Result<VerificationConnection, Fault> {
    let permit = request.platform_permit(REVIEW).await?;
    let page = args.read()?;
    let slice = store::page(&mut *request.conn().await?, permit, &page).await?;
    Ok(VerificationConnection::new(slice, |row| row.id, |row| Verification { row, certifier: certifier.clone() }))
}

/// An operator's answer.
#[derive(InputObject)]
pub struct DecideVerificationInput {
    /// The question.
    pub verification_id: ID,
    /// Whether it is right.
    pub passed: bool,
    /// Why not: 1 to 200 characters; needed for a refusal. Its owner reads it.
    pub reason: Option<String>,
}

/// The answer is given.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DecideVerificationPayload {
    /// The question; null when the rules refused.
    pub verification_id: Option<ID>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Answers of operators.
#[derive(Default)]
pub struct VerificationMutation;

#[guarded]
#[Object]
impl VerificationMutation {
    /// Answers what rules and verifiers could not tell. Codes: `ALREADY_DECIDED`, `REASON_INVALID`.
    #[requires("platform.certification.review")]
    async fn decide_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DecideVerificationInput,
    ) -> async_graphql::Result<DecideVerificationPayload> {
        let request = RequestContext::of(ctx)?;
        let certifier = certifier(ctx).or_client(request)?;
        let command = Decide {
            verification: parse(&input.verification_id, "verification").or_client(request)?,
            owner: None,
            decision: if input.passed { Decision::Passed } else { Decision::Failed },
            reason: input.reason,
            by_operator: true,
            roll: certifier.dice.roll(),
            staff: certifier.staff,
        };
        let (verification_id, user_errors) = execute(ctx, command).await?.split(|decided| id(decided.verification));
        Ok(DecideVerificationPayload { verification_id, user_errors })
    }
}
