//! Recovering an account in the API (requirements 1.7, 3.11).

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::credentials::{admitted, failed, recoverable, recoverable_by_link};
use super::login_name::LoginName;
use super::login_throttle::Counted;
use super::ops::log_in::LogInRefusal;
use super::ops::recover::{Recoverable, RecoveryRefusal, RequestRecovery, Reset, ResetPassword};
use crate::domains::accounts::contacts::graphql::ContactKind;
use crate::domains::accounts::contacts::model::Kind;
use crate::domains::accounts::password;
use crate::graphql::command::{Answer, blameless, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::kernel::{Fault, Subject, Text};
use crate::telemetry::Secret;

/// An account to recover.
#[derive(InputObject)]
pub struct RequestRecoveryInput {
    /// Its log-in name, or a phone number or e-mail address that is bound to it.
    #[graphql(secret)]
    pub login: String,
    /// Whether a code is to go to its phone or a link to its e-mail address; what was typed, or the phone if there is one, when
    /// it is left out.
    pub by: Option<ContactKind>,
}

/// A code was sent if there is something to recover.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RequestRecoveryPayload {
    /// True whether or not there is such an account.
    pub accepted: bool,
    /// Why nothing was tried.
    pub user_errors: Vec<UserError>,
}

/// A new password, and what allows it: the name and the code, or the link.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// As `requestRecovery` had it; for a code.
    #[graphql(secret)]
    pub login: Option<String>,
    /// The code that the phone got.
    #[graphql(secret)]
    pub code: Option<String>,
    /// What the link in the e-mail carries behind `recover=`.
    #[graphql(secret)]
    pub link: Option<String>,
    /// The new password.
    #[graphql(secret)]
    pub new_password: String,
}

/// The account is recovered.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ResetPasswordPayload {
    /// Whether the new password counts. All sessions are over, and no device is known any more: log in anew.
    pub done: bool,
    /// Why it does not.
    pub user_errors: Vec<UserError>,
}

/// Recovery.
#[derive(Default)]
pub struct RecoveryMutation;

#[guarded]
#[Object]
impl RecoveryMutation {
    /// Sends a code to the bound phone of an account whose password is lost, or a link to its e-mail address. The answer is the
    /// same when there is no such account. Code: `TOO_MANY_TRIES`.
    #[public = "whoever lost the password is not logged in"]
    async fn request_recovery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RequestRecoveryInput,
    ) -> async_graphql::Result<RequestRecoveryPayload> {
        let request = RequestContext::of(ctx)?;
        let wanted = input.by.map(Into::into);
        let of = recoverable(request, &input.login, wanted).await.or_client(request)?;
        let counted = counted(request, of.as_ref(), &input.login);
        let link = request.door.env.auth.recovery_link.clone();
        Ok(match execute(ctx, RequestRecovery { of, counted, link, locale: request.locale }).await? {
            Answer::Done(_) => RequestRecoveryPayload { accepted: true, user_errors: Vec::new() },
            Answer::Refused(user_errors) => RequestRecoveryPayload { accepted: false, user_errors },
        })
    }

    /// Sets a new password by the code or the link that `requestRecovery` sent; all sessions end. Codes: `RECOVERY_FAILED`,
    /// `PASSWORD_WEAK`, `TOO_MANY_TRIES`.
    #[public = "whoever lost the password is not logged in"]
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ResetPasswordInput,
    ) -> async_graphql::Result<ResetPasswordPayload> {
        let request = RequestContext::of(ctx)?;
        let not_done = |error| ResetPasswordPayload { done: false, user_errors: vec![error] };
        if let Err(weak) = password::check(&input.new_password) {
            return Ok(not_done(UserError::of(&RecoveryRefusal::Weak(weak), request)));
        }
        let (login, code, of) = match (input.login, input.code, input.link) {
            (Some(login), Some(code), None) => {
                let of = recoverable(request, &login, Some(Kind::Phone)).await.or_client(request)?;
                (login, code, of)
            }
            (None, None, Some(link)) => {
                let of = recoverable_by_link(request, &link).await.or_client(request)?;
                (String::new(), link, of)
            }
            _ => return Err(to_client(code_or_link(), request)),
        };
        let counted = counted(request, of.as_ref(), &login);
        match may_try(request, &counted).await {
            Err(Fault::Refused(refusal)) => return Ok(not_done(UserError::of(&refusal, request))),
            Err(fault) => return Err(to_client(blameless(fault), request)),
            Ok(()) => {}
        }
        let password_hash = password::hash(input.new_password).await.or_client(request)?;
        let subject = of.as_ref().map(|of| Subject::Account { id: of.account });
        // Also when there is no such account: it must not answer in another way.
        let command = ResetPassword { of, code: Secret::new(code), password_hash, counted };
        match execute(ctx, command).await? {
            Answer::Done(Reset::Done) => Ok(ResetPasswordPayload { done: true, user_errors: Vec::new() }),
            Answer::Done(Reset::Failed) => {
                failed(request, counted, subject, "resetPassword", None).await.or_client(request)?;
                Ok(not_done(UserError::of(&RecoveryRefusal::Failed, request)))
            }
            Answer::Refused(user_errors) => Ok(ResetPasswordPayload { done: false, user_errors }),
        }
    }
}

fn code_or_link() -> Fault {
    Fault::BadInput {
        field: "input",
        message: Text::new("Give `login` and `code`, or `link`.", "请提供 login 和 code,或提供 link。"),
    }
}

fn counted(request: &RequestContext, of: Option<&Recoverable>, login: &str) -> Counted {
    let subject = of.map(|of| Subject::Account { id: of.account });
    Counted::of(&request.door.env, subject, LoginName::parse(login), request.caller.origin.ip)
}

async fn may_try(request: &RequestContext, counted: &Counted) -> Result<(), Fault<LogInRefusal>> {
    admitted(request, &mut *request.conn().await.map_err(Fault::widen)?, counted).await
}
