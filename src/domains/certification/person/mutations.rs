//! Real-person sessions in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;
use sha2::{Digest, Sha256};

use super::model::{self, Gesture, PersonRefusal};
use super::ops::start::StartPersonSession;
use super::ops::submit::{SubmitPersonPhoto, may_submit};
use super::store;
use crate::domains::certification::graphql::{PersonSession, PersonSessionState, shown};
use crate::domains::certification::outside::certifier;
use crate::domains::certification::{Certifier, verifications};
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::graphql::upload::Upload;
use crate::kernel::ids::{PersonSessionId, TypedId};
use crate::kernel::{Fault, Subject};
use crate::providers::images;

/// The photo of a session.
#[derive(InputObject)]
pub struct SubmitPersonPhotoInput {
    /// The session.
    pub session_id: ID,
    /// The photo: a JPEG or PNG of 5 MiB at most, sent as a GraphQL multipart request.
    pub photo: Upload,
}

/// A real-person session after a mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PersonSessionPayload {
    /// The session; null when the rules refused.
    pub session: Option<PersonSession>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Real-person sessions.
#[derive(Default)]
pub struct PersonMutation;

#[guarded]
#[Object]
impl PersonMutation {
    /// Starts a real-person session (实人认证) and says which gesture to show; also for a review. It takes the place of one that
    /// is open, on whatever client that was. Codes: `REAL_NAME_FIRST`, `SESSIONS_USED_UP`.
    #[requires(account)]
    async fn start_person_session(&self, ctx: &Context<'_>) -> async_graphql::Result<PersonSessionPayload> {
        let request = RequestContext::of(ctx)?;
        let gesture = Gesture::any(&*certifier(ctx).or_client(request)?.dice);
        let (session, user_errors) =
            execute(ctx, StartPersonSession { gesture }).await?.split(|started| PersonSession {
                id: id(started.session),
                gesture: started.gesture,
                instruction: started.gesture.words().get(request.locale).to_owned(),
                state: PersonSessionState::Open,
                reason: None,
                expires_at: DateTime(started.expires_at),
            });
        Ok(PersonSessionPayload { session, user_errors })
    }

    /// Hands in the photo of a session, from whatever client. It is made anew without its metadata, and deleted after the
    /// retention period. Codes: `SESSION_EXPIRED`, `SESSION_CLOSED`, `PHOTO_MISSING`, `PHOTO_TOO_LARGE`, `PHOTO_TYPE`,
    /// `PHOTO_TOO_MANY_PIXELS`, `PHOTO_BROKEN`.
    #[requires(account)]
    async fn submit_person_photo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SubmitPersonPhotoInput,
    ) -> async_graphql::Result<PersonSessionPayload> {
        let request = RequestContext::of(ctx)?;
        let certifier = certifier(ctx).or_client(request)?;
        let session: PersonSessionId = parse(&input.session_id, "personSession").or_client(request)?;
        let refused =
            |refusal| PersonSessionPayload { session: None, user_errors: vec![UserError::of(&refusal, request)] };
        let owner = own(request).or_client(request)?;
        let photo = match photo(request, certifier, (owner, session), input.photo.bytes(ctx)).await {
            Ok(photo) => photo,
            Err(Fault::Refused(refusal)) => return Ok(refused(refusal)),
            Err(fault) => return Err(to_client(crate::graphql::command::blameless(fault), request)),
        };
        let submitted = match execute(ctx, SubmitPersonPhoto { session, photo }).await? {
            Answer::Refused(user_errors) => return Ok(PersonSessionPayload { session: None, user_errors }),
            Answer::Done(submitted) => submitted,
        };
        verifications::ask(&request.door, certifier, owner, submitted.verification).await.or_client(request)?;
        let row = async { store::get(&mut *request.conn().await?, owner, session).await.map_err(Fault::from) };
        let row = row.await.or_client(request)?;
        let session = row.map(|row| shown(request, &row)).transpose().or_client(request)?;
        Ok(PersonSessionPayload { session, user_errors: Vec::new() })
    }
}

fn own(request: &RequestContext) -> Result<uuid::Uuid, Fault> {
    match request.actor()?.subject {
        Subject::Account { id } => Ok(id.uuid()),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

/// Makes a photo anew and keeps it; gives its key. Looks first whether its session takes one, so that nobody else's photo is
/// read, and none too late. The key holds a hash of the photo: of two that are sent at once, the one that counts is the one
/// that is looked at.
///
/// # Errors
/// [`PersonRefusal`], or a fault of the database or of the store.
pub async fn photo(
    request: &RequestContext,
    certifier: &Certifier,
    (owner, session): (uuid::Uuid, PersonSessionId),
    bytes: Option<Vec<u8>>,
) -> Result<String, Fault<PersonRefusal>> {
    let found = {
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        store::get(&mut conn, owner, session).await?.ok_or(Fault::NotFound { what: "personSession" })?
    };
    may_submit(&found, request.now).map_err(Fault::Refused)?;
    let bytes = bytes.ok_or(Fault::Refused(PersonRefusal::NoPhoto))?;
    let most = request.door.env.certification.max_photo_bytes;
    if bytes.len() > most {
        return Err(Fault::Refused(PersonRefusal::TooLarge { most }));
    }
    let clean = images::clean(bytes).await.map_err(|bad| Fault::Refused(PersonRefusal::Image(bad)))?;
    let hash = Sha256::digest(&clean).iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let key = format!("{}/{hash}.jpg", model::folder(session));
    certifier.photos.put(&key, clean).await.map_err(Fault::widen)?;
    Ok(key)
}
