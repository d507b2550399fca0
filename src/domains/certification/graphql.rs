//! What `viewer` says of its certification.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::identity::model::{self, Region};
use super::identity::store::{self, Certification as Row};
use super::person::model::Gesture;
use super::person::store as sessions;
use super::reviews::store as reviews;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::{AccountId, TypedId};
use crate::kernel::{Fault, Subject};

/// How an identity was given (requirement 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CertificationMethod {
    /// By a document.
    Document,
    /// Through a verified payment account.
    PaymentAccount,
}

/// Where a certification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CertificationState {
    /// It waits for an answer, of a verifier or of an operator.
    Waiting,
    /// It is right.
    Passed,
    /// It is wrong.
    Failed,
}

/// A name and a document, masked (实名).
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RealName {
    /// Where it stands.
    pub state: CertificationState,
    /// How it was given.
    pub method: CertificationMethod,
    /// Who issued the document.
    pub region: Region,
    /// The name, with most of it hidden.
    pub masked_name: String,
    /// The number, with most of it hidden.
    pub masked_number: String,
    /// Why it failed, as a stable word.
    pub reason: Option<String>,
    /// When it passed.
    pub passed_at: Option<DateTime>,
}

/// What became of a real-person session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PersonSessionState {
    /// It takes a photo.
    Open,
    /// Its minutes are over: start a new one.
    Expired,
    /// A photo was sent and is looked at.
    Submitted,
    /// The photo shows the person.
    Passed,
    /// It does not.
    Failed,
    /// A newer session took its place.
    Replaced,
}

/// A real-person session (实人认证): a gesture to show in a photo, within minutes.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PersonSession {
    /// The id.
    pub id: ID,
    /// What to show.
    pub gesture: Gesture,
    /// The same in words.
    pub instruction: String,
    /// What became of it.
    pub state: PersonSessionState,
    /// Why it failed, as a stable word.
    pub reason: Option<String>,
    /// When it is over.
    pub expires_at: DateTime,
}

/// A review that was announced, and what became of it (requirement 2.6).
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CertificationReview {
    /// `PERIODIC` or `RANDOM`.
    pub kind: String,
    /// `ANNOUNCED`, `PASSED`, `FAILED` or `LAPSED`.
    pub state: String,
    /// When it was announced.
    pub announced_at: DateTime,
    /// Until when to pass it: call `startPersonSession`.
    pub due_at: DateTime,
}

/// The certification of the account that is logged in.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Certification {
    /// Whether name and person are certified and no review was failed since: what opening a shop takes.
    pub certified: bool,
    /// The name and the document; null when none was given.
    pub real_name: Option<RealName>,
    /// When the person was last seen to be the person; null when never.
    pub real_person_at: Option<DateTime>,
    /// The newest session.
    pub session: Option<PersonSession>,
    /// The newest review.
    pub review: Option<CertificationReview>,
    /// Since when a failed review takes selling away; pass a photo to get it back.
    pub suspended_at: Option<DateTime>,
    /// Since when the account is a creator (达人).
    pub creator_since: Option<DateTime>,
}

/// What `viewer` says of its certification.
pub struct ViewerCertification;

#[guarded]
#[Object]
impl ViewerCertification {
    /// Who this account is, as far as it is certified.
    #[requires(account)]
    async fn certification(&self, ctx: &Context<'_>) -> async_graphql::Result<Certification> {
        let request = RequestContext::of(ctx)?;
        let Ok(Subject::Account { id }) = request.actor().map(|actor| actor.subject) else {
            return Err(Fault::NotFound { what: "account" }).or_client(request);
        };
        certification(request, id).await.or_client(request)
    }
}

/// The certification of an account.
///
/// # Errors
/// The database's fault, or a value that cannot be opened.
pub async fn certification(request: &RequestContext, account: AccountId) -> Result<Certification, Fault> {
    let (row, session, review, creator) = {
        let mut conn = request.conn().await?;
        (
            store::of_account(&mut conn, account).await?,
            sessions::newest(&mut conn, account.uuid()).await?,
            reviews::newest(&mut conn, account).await?,
            super::creators::since(&mut conn, account).await?,
        )
    };
    let passed = |row: &Row| row.real_name == "PASSED" && row.real_person_at.is_some() && row.suspended_at.is_none();
    Ok(Certification {
        certified: row.as_ref().is_some_and(passed),
        real_name: row.as_ref().map(|row| real_name(request, row)).transpose()?,
        real_person_at: row.as_ref().and_then(|row| row.real_person_at).map(DateTime),
        session: session.map(|row| shown(request, &row)).transpose()?,
        review: review.map(|row| CertificationReview {
            kind: row.kind,
            state: row.state,
            announced_at: DateTime(row.announced_at),
            due_at: DateTime(row.due_at),
        }),
        suspended_at: row.as_ref().and_then(|row| row.suspended_at).map(DateTime),
        creator_since: creator.map(DateTime),
    })
}

fn real_name(request: &RequestContext, row: &Row) -> Result<RealName, Fault> {
    let keys = &request.door.env.keys;
    let open = |context, sealed: &[u8]| keys.open_text(context, sealed).map_err(Fault::internal);
    Ok(RealName {
        state: match row.real_name.as_str() {
            "PASSED" => CertificationState::Passed,
            "FAILED" => CertificationState::Failed,
            _ => CertificationState::Waiting,
        },
        method: match row.method.as_str() {
            "DOCUMENT" => CertificationMethod::Document,
            _ => CertificationMethod::PaymentAccount,
        },
        region: Region::parse(&row.region).ok_or_else(|| Fault::internal("a document of no region"))?,
        masked_name: model::mask_name(&open(model::NAME, &row.name)?),
        masked_number: model::mask_number(&open(model::NUMBER, &row.number)?),
        reason: row.reason.clone(),
        passed_at: row.real_name_at.map(DateTime),
    })
}

/// A session as it is shown.
///
/// # Errors
/// A gesture that is none, which is a fault of ours.
pub fn shown(request: &RequestContext, row: &sessions::PersonSession) -> Result<PersonSession, Fault> {
    let gesture = Gesture::parse(&row.gesture).ok_or_else(|| Fault::internal("a gesture that is none"))?;
    Ok(PersonSession {
        id: id(row.id),
        gesture,
        instruction: gesture.words().get(request.locale).to_owned(),
        state: match row.state.as_str() {
            "OPEN" if request.now >= row.expires_at => PersonSessionState::Expired,
            "OPEN" => PersonSessionState::Open,
            "SUBMITTED" => PersonSessionState::Submitted,
            "PASSED" => PersonSessionState::Passed,
            "FAILED" => PersonSessionState::Failed,
            _ => PersonSessionState::Replaced,
        },
        reason: row.reason.clone(),
        expires_at: DateTime(row.expires_at),
    })
}
