//! The steps in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;
use rand::Rng as _;

use super::graphql::{StaffCertification, after_a_step};
use super::model::{ScanClient, StaffCertificationRefusal};
use super::ops::code::CreateCertificationCode;
use super::ops::face::{StartStaffFace, SubmitStaffPhoto};
use super::ops::identity::{Asked, SubmitStaffIdentity};
use super::ops::scan::ScanCertificationCode;
use super::qr;
use crate::domains::certification::graphql::{PersonSession, PersonSessionState};
use crate::domains::certification::identity::model::Region;
use crate::domains::certification::outside::certifier;
use crate::domains::certification::person::model::Gesture;
use crate::domains::certification::person::mutations::{PersonSessionPayload, photo};
use crate::domains::certification::verifications;
use crate::graphql::command::{Answer, blameless, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::graphql::upload::Upload;
use crate::kernel::Fault;
use crate::kernel::ids::{PersonSessionId, SubAccountId, TypedId};
use crate::telemetry::Secret;

/// A sub-account to make a code for.
#[derive(InputObject)]
pub struct CreateCertificationCodeInput {
    /// The sub-account.
    pub sub_account_id: ID,
}

/// A code that was scanned.
#[derive(InputObject)]
pub struct ScanCertificationCodeInput {
    /// The sub-account that is to be certified.
    pub sub_account_id: ID,
    /// What the picture says.
    #[graphql(secret)]
    pub code: String,
    /// What it was scanned with.
    pub client: ScanClient,
}

/// Who works under a sub-account.
#[derive(InputObject)]
pub struct SubmitStaffIdentityInput {
    /// The sub-account.
    pub sub_account_id: ID,
    /// Who issued the document; only mainland ones are supported.
    #[graphql(default_with = "Region::Mainland")]
    pub region: Region,
    /// The name in the document.
    #[graphql(secret)]
    pub name: String,
    /// Its number.
    #[graphql(secret)]
    pub number: String,
}

/// A sub-account whose person is to be seen.
#[derive(InputObject)]
pub struct StartStaffFaceInput {
    /// The sub-account.
    pub sub_account_id: ID,
}

/// The photo of whoever works under a sub-account.
#[derive(InputObject)]
pub struct SubmitStaffPhotoInput {
    /// The sub-account.
    pub sub_account_id: ID,
    /// The session.
    pub session_id: ID,
    /// The photo: a JPEG or PNG of 5 MiB at most, sent as a GraphQL multipart request.
    pub photo: Upload,
}

/// A code to show. It is shown this once.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CertificationCodePayload {
    /// What the picture says.
    pub code: Option<String>,
    /// The QR code as SVG.
    pub svg: Option<String>,
    /// The QR code as a PNG, as a data URL.
    pub png: Option<String>,
    /// Until when it can be scanned, once.
    pub expires_at: Option<DateTime>,
    /// Why there is none.
    pub user_errors: Vec<UserError>,
}

/// How far the certification has come after a step.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct StaffCertificationPayload {
    /// The certification; null when the rules refused.
    pub certification: Option<StaffCertification>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// The certification of sub-accounts.
#[derive(Default)]
pub struct StaffCertificationMutation;

#[guarded]
#[Object]
impl StaffCertificationMutation {
    /// Makes a QR code for one sub-account, good for some minutes and one scan; it takes the place of the one before, but
    /// not while an answer is waited for. For the sub-account itself, and for whoever may create sub-accounts. Codes:
    /// `ALREADY_CERTIFIED`, `SUB_ACCOUNT_NOT_ACTIVE`, `STEP_OUT_OF_ORDER`.
    #[requires(login)]
    async fn create_certification_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CreateCertificationCodeInput,
    ) -> async_graphql::Result<CertificationCodePayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let code = token();
        let command = CreateCertificationCode { sub_account, code: Secret::new(code.clone()) };
        let made = match execute(ctx, command).await? {
            Answer::Done(made) => made,
            Answer::Refused(user_errors) => {
                return Ok(CertificationCodePayload {
                    code: None,
                    svg: None,
                    png: None,
                    expires_at: None,
                    user_errors,
                });
            }
        };
        let pictures = qr::draw(&code).or_client(request)?;
        Ok(CertificationCodePayload {
            code: Some(code),
            svg: Some(pictures.svg),
            png: Some(pictures.png),
            expires_at: Some(DateTime(made.expires_at)),
            user_errors: Vec::new(),
        })
    }

    /// Scans the code of a sub-account, on a client that the policy lets scan. Whoever scanned it goes on. Codes:
    /// `CLIENT_NOT_ALLOWED`, `CODE_INVALID`, `CODE_OF_OTHER_SUB_ACCOUNT`, `ALREADY_CERTIFIED`, `SUB_ACCOUNT_NOT_ACTIVE`.
    #[requires(login)]
    async fn scan_certification_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ScanCertificationCodeInput,
    ) -> async_graphql::Result<StaffCertificationPayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let command = ScanCertificationCode { sub_account, code: Secret::new(input.code), client: input.client };
        match execute(ctx, command).await? {
            Answer::Done(_) => payload(request, sub_account).await,
            Answer::Refused(user_errors) => Ok(StaffCertificationPayload { certification: None, user_errors }),
        }
    }

    /// Gives name and number of the person who works under a sub-account. Mainland identity cards have their answer at once.
    /// Codes: `STEP_OUT_OF_ORDER`, `REGION_NOT_SUPPORTED`, `IDENTITY_TAKEN_IN_SHOP`, and those of a document as of
    /// `certifyByDocument`.
    #[requires(login)]
    async fn submit_staff_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SubmitStaffIdentityInput,
    ) -> async_graphql::Result<StaffCertificationPayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let (name, number) = (Secret::new(input.name), Secret::new(input.number));
        let command = SubmitStaffIdentity { sub_account, region: input.region, name, number };
        match execute(ctx, command).await? {
            Answer::Done(asked) => answered(ctx, request, sub_account, &asked).await,
            Answer::Refused(user_errors) => Ok(StaffCertificationPayload { certification: None, user_errors }),
        }
    }

    /// Says which gesture the person has to show. Codes: `STEP_OUT_OF_ORDER`, `SESSIONS_USED_UP`.
    #[requires(login)]
    async fn start_staff_face(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: StartStaffFaceInput,
    ) -> async_graphql::Result<PersonSessionPayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let gesture = Gesture::any(&*certifier(ctx).or_client(request)?.dice);
        let started = execute(ctx, StartStaffFace { sub_account, gesture }).await?;
        let (session, user_errors) = started.split(|started| PersonSession {
            id: id(started.session),
            gesture: started.gesture,
            instruction: started.gesture.words().get(request.locale).to_owned(),
            state: PersonSessionState::Open,
            reason: None,
            expires_at: DateTime(started.expires_at),
        });
        Ok(PersonSessionPayload { session, user_errors })
    }

    /// Hands in the photo of the person; the answer is the result. Codes: `STEP_OUT_OF_ORDER`, and those of a photo as of
    /// `submitPersonPhoto`.
    #[requires(login)]
    async fn submit_staff_photo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SubmitStaffPhotoInput,
    ) -> async_graphql::Result<StaffCertificationPayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account: SubAccountId = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let session: PersonSessionId = parse(&input.session_id, "personSession").or_client(request)?;
        let certifier = certifier(ctx).or_client(request)?;
        let place = (sub_account.uuid(), session);
        let photo = match photo(request, certifier, place, input.photo.bytes(ctx)).await {
            Ok(photo) => photo,
            Err(Fault::Refused(why)) => {
                let user_errors = vec![UserError::of(&StaffCertificationRefusal::Person(why), request)];
                return Ok(StaffCertificationPayload { certification: None, user_errors });
            }
            Err(fault) => return Err(to_client(blameless(fault), request)),
        };
        match execute(ctx, SubmitStaffPhoto { sub_account, session, photo }).await? {
            Answer::Done(asked) => answered(ctx, request, sub_account, &asked).await,
            Answer::Refused(user_errors) => Ok(StaffCertificationPayload { certification: None, user_errors }),
        }
    }
}

/// Asks, and gives how far it has come then.
async fn answered(
    ctx: &Context<'_>,
    request: &RequestContext,
    sub_account: SubAccountId,
    asked: &Asked,
) -> async_graphql::Result<StaffCertificationPayload> {
    let certifier = certifier(ctx).or_client(request)?;
    verifications::ask(&request.door, certifier, asked.owner, asked.verification).await.or_client(request)?;
    payload(request, sub_account).await
}

async fn payload(request: &RequestContext, who: SubAccountId) -> async_graphql::Result<StaffCertificationPayload> {
    let certification = after_a_step(request, who).await.or_client(request)?;
    Ok(StaffCertificationPayload { certification: Some(certification), user_errors: Vec::new() })
}

/// 128 random bits, as digits.
fn token() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
