//! Step-up in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Factor;
use super::ops::send_code::SendStepUpCode;
use super::ops::step_up::{Given, StepUp, Strong};
use super::verify::Second;
use crate::domains::accounts::codes::Checked;
use crate::domains::accounts::contacts::mutations::SendCodePayload;
use crate::domains::accounts::sessions::credentials::own_password;
use crate::graphql::command::{Answer, blameless, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::parse;
use crate::graphql::scalars::DateTime;
use crate::kernel::{Fault, Text};
use crate::telemetry::Secret;

/// The factor that makes the session strong: one of them.
#[derive(InputObject)]
pub struct StepUpInput {
    /// The password of whoever is logged in.
    #[graphql(secret)]
    pub password: Option<String>,
    /// The code that `sendStepUpCode` sent.
    #[graphql(secret)]
    pub code: Option<String>,
    /// Where that code went, if it was named there.
    pub contact_id: Option<ID>,
    /// A code of the authenticator.
    #[graphql(secret)]
    pub totp: Option<String>,
    /// A recovery code.
    #[graphql(secret)]
    pub recovery_code: Option<String>,
}

/// Where the code is to go.
#[derive(InputObject)]
pub struct SendStepUpCodeInput {
    /// A bound contact; the phone if there is one when nothing is named.
    pub contact_id: Option<ID>,
}

/// The session is strong for a while.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct StepUpPayload {
    /// Until when.
    pub until: Option<DateTime>,
    /// By what.
    pub factor: Option<Factor>,
    /// Why it was not made strong.
    pub user_errors: Vec<UserError>,
}

/// Step-up.
#[derive(Default)]
pub struct StepUpMutation;

#[guarded]
#[Object]
impl StepUpMutation {
    /// Makes the session strong for 15 minutes, by one factor: for what is sensitive, and for what a grant allows only above
    /// an amount. Codes: `WRONG_CREDENTIALS`, `TOO_MANY_TRIES`, `NO_CONTACT`, `CODE_WRONG`, `CODE_EXPIRED`,
    /// `CODE_TRIES_USED_UP`, `CODE_NOT_ASKED`, `CODE_NOT_SENT`, `TOTP_WRONG`, `RECOVERY_CODE_WRONG`.
    #[requires(login)]
    async fn step_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: StepUpInput,
    ) -> async_graphql::Result<StepUpPayload> {
        let request = RequestContext::of(ctx)?;
        let contact = input.contact_id.map(|id| parse(&id, "contact")).transpose().or_client(request)?;
        let given = match (input.password, second(input.code, input.totp, input.recovery_code)) {
            (Some(password), None) => match own_password(request, password, "stepUp").await {
                Ok(own) => Given::Password(own.counted),
                Err(Fault::Refused(refusal)) => return Ok(not_strong(vec![UserError::of(&refusal, request)])),
                Err(fault) => return Err(to_client(blameless(fault), request)),
            },
            (None, Some(Ok(second))) => Given::Second(second, contact),
            _ => return Err(to_client(one_factor(), request)),
        };
        Ok(match execute(ctx, StepUp { given }).await? {
            Answer::Refused(user_errors) => not_strong(user_errors),
            Answer::Done(Checked::Wrong(failure)) => not_strong(vec![UserError::of(&failure, request)]),
            Answer::Done(Checked::Right(Strong { until, factor })) => {
                StepUpPayload { until: Some(DateTime(until)), factor: Some(factor), user_errors: Vec::new() }
            }
        })
    }

    /// Sends a code for `stepUp` to a bound phone or e-mail address. Codes: `NO_CONTACT`, `CODE_SENDS_USED_UP`.
    #[requires(account)]
    async fn send_step_up_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SendStepUpCodeInput,
    ) -> async_graphql::Result<SendCodePayload> {
        let request = RequestContext::of(ctx)?;
        let contact = input.contact_id.map(|id| parse(&id, "contact")).transpose().or_client(request)?;
        let answer = execute(ctx, SendStepUpCode { contact, locale: request.locale }).await?;
        Ok(SendCodePayload::of(answer))
    }
}

/// The one second factor that was given; an error when there were several.
pub(in crate::domains::accounts) fn second(
    code: Option<String>,
    totp: Option<String>,
    recovery_code: Option<String>,
) -> Option<Result<Second, ()>> {
    match (code, totp, recovery_code) {
        (None, None, None) => None,
        (Some(code), None, None) => Some(Ok(Second::Code(Secret::new(code)))),
        (None, Some(code), None) => Some(Ok(Second::Totp(Secret::new(code)))),
        (None, None, Some(code)) => Some(Ok(Second::RecoveryCode(Secret::new(code)))),
        _ => Some(Err(())),
    }
}

/// What is said when no factor or several were given.
pub(in crate::domains::accounts) fn one_factor() -> Fault {
    Fault::BadInput {
        field: "input", message: Text::new("Give exactly one factor.", "请且仅请提供一种验证方式。")
    }
}

fn not_strong(user_errors: Vec<UserError>) -> StepUpPayload {
    StepUpPayload { until: None, factor: None, user_errors }
}
