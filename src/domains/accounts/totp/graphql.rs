//! The authenticator in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{self, address, written};
use super::ops::codes::RenewRecoveryCodes;
use super::ops::confirm::ConfirmTotp;
use super::ops::disable::DisableTotp;
use super::ops::enrol::EnrolTotp;
use super::store;
use crate::domains::accounts::codes::Checked;
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::scalars::DateTime;
use crate::kernel::{Fault, Subject};
use crate::telemetry::Secret;

/// The authenticator of this account.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Authenticator {
    /// Since when every log-in waits for it.
    pub active_since: DateTime,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i64,
}

/// What `viewer` says of its authenticator.
pub struct ViewerTotp;

#[guarded]
#[Object]
impl ViewerTotp {
    /// The authenticator that is the second factor of this account; nothing when there is none.
    #[requires(account)]
    async fn authenticator(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Authenticator>> {
        let request = RequestContext::of(ctx)?;
        authenticator(request).await.or_client(request)
    }
}

async fn authenticator(request: &RequestContext) -> Result<Option<Authenticator>, Fault> {
    let Subject::Account { id } = request.actor()?.subject else { return Ok(None) };
    let mut conn = request.conn().await?;
    let Some(since) = store::active(&mut conn, id).await?.and_then(|factor| factor.active_since) else {
        return Ok(None);
    };
    let recovery_codes_left = store::codes_left(&mut conn, id).await?;
    Ok(Some(Authenticator { active_since: DateTime(since), recovery_codes_left }))
}

/// What the app has to know. It is shown this once.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct EnrolTotpPayload {
    /// The secret, to be typed into the app.
    pub secret: Option<String>,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    pub uri: Option<String>,
    /// Why there is none.
    pub user_errors: Vec<UserError>,
}

/// The first code.
#[derive(InputObject)]
pub struct ConfirmTotpInput {
    /// What the app shows.
    #[graphql(secret)]
    pub totp: String,
}

/// The recovery codes. They are shown this once; each is good once.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RecoveryCodesPayload {
    /// Ten codes, to be kept where the phone is not; null when there are none.
    pub recovery_codes: Option<Vec<String>>,
    /// Why there are none.
    pub user_errors: Vec<UserError>,
}

/// The authenticator is given up.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DisableTotpPayload {
    /// Whether log-ins no longer wait for it.
    pub done: bool,
    /// Why they still do.
    pub user_errors: Vec<UserError>,
}

/// The authenticator.
#[derive(Default)]
pub struct TotpMutation;

#[guarded]
#[Object]
impl TotpMutation {
    /// Begins to set an authenticator app up as second factor. The session must have been stepped up. Code: `TOTP_ACTIVE`.
    #[requires(account, step_up_minutes = 15)]
    async fn enrol_totp(&self, ctx: &Context<'_>) -> async_graphql::Result<EnrolTotpPayload> {
        let request = RequestContext::of(ctx)?;
        let login = request.actor().or_client(request)?.login.clone();
        let secret = model::random_secret();
        let (_, user_errors) = execute(ctx, EnrolTotp { secret: secret.clone() }).await?.split(|_| ());
        if !user_errors.is_empty() {
            return Ok(EnrolTotpPayload { secret: None, uri: None, user_errors });
        }
        let bytes = secret.expose();
        Ok(EnrolTotpPayload { secret: Some(written(bytes)), uri: Some(address(&login, bytes)), user_errors })
    }

    /// Makes the authenticator count once its first code was right: from then on every log-in waits for one. Gives recovery
    /// codes. Codes: `TOTP_NOT_ENROLLED`, `TOTP_ACTIVE`, `TOTP_WRONG`, `TOO_MANY_TRIES`.
    #[requires(account)]
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ConfirmTotpInput,
    ) -> async_graphql::Result<RecoveryCodesPayload> {
        let request = RequestContext::of(ctx)?;
        let codes = model::random_codes();
        let command = ConfirmTotp { code: Secret::new(input.totp), codes: codes.clone() };
        Ok(match execute(ctx, command).await? {
            Answer::Refused(user_errors) => RecoveryCodesPayload { recovery_codes: None, user_errors },
            Answer::Done(Checked::Wrong(failure)) => {
                RecoveryCodesPayload { recovery_codes: None, user_errors: vec![UserError::of(&failure, request)] }
            }
            Answer::Done(Checked::Right(_)) => shown(&codes),
        })
    }

    /// Gives ten new recovery codes; those before count no longer. The session must have been stepped up by more than the
    /// password. Code: `TOTP_NOT_ACTIVE`.
    #[requires(account)]
    async fn renew_recovery_codes(&self, ctx: &Context<'_>) -> async_graphql::Result<RecoveryCodesPayload> {
        let codes = model::random_codes();
        Ok(match execute(ctx, RenewRecoveryCodes { codes: codes.clone() }).await? {
            Answer::Refused(user_errors) => RecoveryCodesPayload { recovery_codes: None, user_errors },
            Answer::Done(_) => shown(&codes),
        })
    }

    /// Gives the authenticator up. The session must have been stepped up by more than the password. Code: `TOTP_NOT_ACTIVE`.
    #[requires(account)]
    async fn disable_totp(&self, ctx: &Context<'_>) -> async_graphql::Result<DisableTotpPayload> {
        let (done, user_errors) = execute(ctx, DisableTotp).await?.split(|_| true);
        Ok(DisableTotpPayload { done: done.unwrap_or(false), user_errors })
    }
}

fn shown(codes: &Secret<Vec<String>>) -> RecoveryCodesPayload {
    RecoveryCodesPayload { recovery_codes: Some(codes.expose().clone()), user_errors: Vec::new() }
}
