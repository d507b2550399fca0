//! The queue of operators in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kith_macros::guarded;

use super::asking::opened;
use super::ops::decide::{Decide, Decision, REVIEW};
use super::ops::open::{OpenVerification, Seen};
use super::store::{self, Verification as Row};
use crate::connection;
use crate::domains::certification::Certifier;
use crate::domains::certification::identity::model::{mask_name, mask_number};
use crate::domains::certification::outside::certifier;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::providers::verify::Claim;

/// What is to be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum VerificationKind {
    /// Whether name and number belong together.
    Identity,
    /// Whether a photo shows the person, doing what was asked.
    Face,
}

/// Something that rules and verifiers could not tell, and an operator is asked.
pub struct Verification(Row);

/// Something that rules and verifiers could not tell, and an operator is asked.
#[guarded(inherits)]
#[Object]
impl Verification {
    /// The id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What is to be found out.
    async fn kind(&self) -> VerificationKind {
        kind(&self.0)
    }

    /// Why an operator is asked, as a stable word.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When it was put.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Who issued the document.
    async fn region(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        Ok(self.claim(request).map(|claim| claim.region))
    }

    /// The name in the document with most of it hidden. `openVerification` shows it whole.
    async fn masked_name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        Ok(self.claim(request).map(|claim| mask_name(claim.name.expose())))
    }

    /// The number of the document with most of it hidden.
    async fn masked_number(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        Ok(self.claim(request).map(|claim| mask_number(claim.number.expose())))
    }

    /// The gesture that was asked for.
    async fn gesture(&self) -> Option<&str> {
        self.0.gesture.as_deref()
    }

    /// Whether there is a photo, which `openVerification` shows.
    async fn has_photo(&self) -> bool {
        self.0.photo.is_some()
    }
}

impl Verification {
    fn claim(&self, request: &RequestContext) -> Option<Claim> {
        self.0.claim.as_deref().and_then(|sealed| opened(&request.door.env.keys, sealed))
    }
}

fn kind(row: &Row) -> VerificationKind {
    if row.kind == "FACE" { VerificationKind::Face } else { VerificationKind::Identity }
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
    /// Identities and photos that wait for an operator, the oldest first, with names and numbers masked.
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
        page(request, PageArgs { first, after, last, before }).await.or_client(request)
    }
}

async fn page(request: &RequestContext, args: PageArgs) -> Result<VerificationConnection, Fault> {
    let permit = request.platform_permit(REVIEW).await?;
    let page = args.read()?;
    let slice = store::page(&mut *request.conn().await?, permit, &page).await?;
    Ok(VerificationConnection::new(slice, |row| row.id, Verification))
}

/// Something to look at.
#[derive(InputObject)]
pub struct OpenVerificationInput {
    /// Which.
    pub verification_id: ID,
    /// Why it has to be seen: 1 to 200 characters. It stands in the audit trail.
    pub reason: String,
}

/// All that there is to compare.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct OpenedVerification {
    /// The id.
    pub id: ID,
    /// What is to be found out.
    pub kind: VerificationKind,
    /// Who issued the document.
    pub region: Option<String>,
    /// The name in the document, whole.
    pub name: Option<String>,
    /// The number of the document, whole.
    pub number: Option<String>,
    /// The gesture that was asked for.
    pub gesture: Option<String>,
    /// The photo, as a data URL of a JPEG.
    pub photo: Option<String>,
}

/// What was opened.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct OpenVerificationPayload {
    /// It, whole; null when the rules refused.
    pub verification: Option<OpenedVerification>,
    /// Why nothing is shown.
    pub user_errors: Vec<UserError>,
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
    /// Shows somebody's identity and photo whole, for comparing them before `decideVerification`; who looked, at whom and why is on
    /// record. Only while it waits for an operator. Codes: `ALREADY_DECIDED`, `REASON_INVALID`.
    #[requires("platform.certification.review")]
    async fn open_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: OpenVerificationInput,
    ) -> async_graphql::Result<OpenVerificationPayload> {
        let request = RequestContext::of(ctx)?;
        let certifier = certifier(ctx).or_client(request)?;
        let verification = parse(&input.verification_id, "verification").or_client(request)?;
        let command = OpenVerification { verification, reason: input.reason };
        let (seen, user_errors) = execute(ctx, command).await?.split(|seen| seen);
        let Some(seen) = seen else { return Ok(OpenVerificationPayload { verification: None, user_errors }) };
        let opened = whole(request, certifier, &seen).await.or_client(request)?;
        Ok(OpenVerificationPayload { verification: Some(opened), user_errors })
    }

    /// Answers what rules and verifiers could not tell; whoever answers has looked at it with `openVerification` before. Codes:
    /// `ALREADY_DECIDED`, `OPEN_FIRST`, `REASON_INVALID`.
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

/// What was seen. It is read once the look is on record.
async fn whole(request: &RequestContext, certifier: &Certifier, seen: &Seen) -> Result<OpenedVerification, Fault> {
    let row = {
        let mut conn = request.conn().await?;
        store::get(&mut conn, seen.owner, seen.verification).await?
    };
    let row = row.ok_or(Fault::NotFound { what: "verification" })?;
    let claim = row.claim.as_deref().and_then(|sealed| opened(&request.door.env.keys, sealed));
    let photo = match &row.photo {
        Some(key) => certifier.photos.get(key).await?,
        None => None,
    };
    let (region, name, number) = claim.map_or((None, None, None), |claim| {
        (Some(claim.region), Some(claim.name.expose().clone()), Some(claim.number.expose().clone()))
    });
    Ok(OpenedVerification {
        id: id(row.id),
        kind: kind(&row),
        region,
        name,
        number,
        gesture: row.gesture,
        photo: photo.map(|photo| format!("data:image/jpeg;base64,{}", STANDARD.encode(photo))),
    })
}
