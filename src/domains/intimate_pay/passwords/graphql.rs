//! The payment password in the API. It goes in, and never comes out.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{PasswordFailure, is_good};
use super::ops::set::SetPaymentPassword;
use super::store;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::password;
use crate::domains::accounts::sessions::store as sessions;
use crate::domains::intimate_pay::own_account;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::scalars::DateTime;
use crate::kernel::{Fault, Instant, Text};
use crate::telemetry::Secret;

/// How old something secret is.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SecretAge {
    /// Since when it is as it is.
    pub since: DateTime,
    /// Whole days since then.
    pub days: i64,
    /// What to do about it, in the language of `Accept-Language`; nothing while it is young enough.
    pub reminder: Option<String>,
}

/// What an account's payments are protected by.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PaymentSecurity {
    /// The log-in of this session.
    pub login: SecretAge,
    /// The payment password; nothing while there is none.
    pub payment_password: Option<SecretAge>,
    /// Until when the payment password is locked, if it is.
    pub locked_until: Option<DateTime>,
}

/// A payment password to set.
#[derive(InputObject)]
pub struct SetPaymentPasswordInput {
    /// The new one: 6 to 256 characters, not all the same and not in sequence.
    #[graphql(secret)]
    pub password: String,
    /// The old one. Without it the session must be stepped up, by more than the password of the log-in where the account has a
    /// phone, an e-mail address or an authenticator: so a forgotten or locked one is replaced.
    #[graphql(secret)]
    pub payment_password: Option<String>,
}

/// The payment password is set.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SetPaymentPasswordPayload {
    /// When.
    pub set_at: Option<DateTime>,
    /// Why it was not set.
    pub user_errors: Vec<UserError>,
}

/// Payment passwords.
#[derive(Default)]
pub struct PaymentPasswordMutation;

#[guarded]
#[Object]
impl PaymentPasswordMutation {
    /// Sets the payment password. Codes: `PAYMENT_PASSWORD_TOO_SIMPLE`, `PAYMENT_PASSWORD_SAME_AS_LOGIN`, `STEP_UP_REQUIRED`,
    /// `PAYMENT_PASSWORD_WRONG`, `PAYMENT_PASSWORD_LOCKED`, `PAYMENT_PASSWORD_NOT_SET`, `PAYMENT_PASSWORD_CHANGED`.
    #[requires(account)]
    async fn set_payment_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetPaymentPasswordInput,
    ) -> async_graphql::Result<SetPaymentPasswordPayload> {
        let request = RequestContext::of(ctx)?;
        let command = match prepared(request, input).await.or_client(request)? {
            Ok(command) => command,
            Err(failure) => {
                let user_errors = vec![UserError::of(&failure, request)];
                return Ok(SetPaymentPasswordPayload { set_at: None, user_errors });
            }
        };
        let (set_at, user_errors) = execute(ctx, command).await?.split(|set| DateTime(set.at));
        Ok(SetPaymentPasswordPayload { set_at, user_errors })
    }
}

/// Compares and hashes, which takes its time, before anything is written.
async fn prepared(
    request: &RequestContext,
    input: SetPaymentPasswordInput,
) -> Result<Result<SetPaymentPassword, PasswordFailure>, Fault> {
    let account = own_account(request)?;
    if !is_good(&input.password) {
        return Ok(Err(PasswordFailure::TooSimple));
    }
    let old = match input.payment_password.map(Secret::new) {
        None => None,
        Some(old) => match super::check(&request.door, &request.caller, account, &old).await? {
            Ok(verified) => Some(verified),
            Err(failure) => return Ok(Err(failure)),
        },
    };
    let strong = request.actor()?.stepped_up_at.is_some();
    if old.is_none() && !strong {
        return Ok(Err(PasswordFailure::StepUp));
    }
    let login = accounts::password_hash(&mut *request.conn().await?, account).await?;
    if password::verify(input.password.clone(), login).await? {
        return Ok(Err(PasswordFailure::SameAsLogin));
    }
    Ok(Ok(SetPaymentPassword { hash: password::hash(input.password).await?, old }))
}

/// Whoever is logged in: what their payments are protected by.
pub struct ViewerPaymentSecurity;

#[guarded]
#[Object]
impl ViewerPaymentSecurity {
    /// How old the log-in and the payment password are, with a reminder when one is too old.
    #[requires(account)]
    async fn payment_security(&self, ctx: &Context<'_>) -> async_graphql::Result<PaymentSecurity> {
        let request = RequestContext::of(ctx)?;
        security(request).await.or_client(request)
    }
}

const OLD_LOGIN: Text =
    Text::new("You logged in here a long time ago. Log out and log in again.", "本次登录时间已久,请退出后重新登录。");
const OLD_PASSWORD: Text = Text::new(
    "Your payment password is old. Set a new one with setPaymentPassword.",
    "您的支付密码已长期未更换,请使用 setPaymentPassword 设置新密码。",
);

async fn security(request: &RequestContext) -> Result<PaymentSecurity, Fault> {
    let account = own_account(request)?;
    let session = request.actor()?.session;
    let (standing, since) = {
        let mut conn = request.conn().await?;
        let standing = store::standing(&mut conn, &[account]).await?.into_iter().next();
        (standing, sessions::opened_at(&mut conn, session).await?)
    };
    let settings = &request.door.env.intimate_pay;
    let longest = request.now + chrono::TimeDelta::minutes(i64::from(settings.password_lock_min));
    let age = |since: Instant, text: &Text| {
        let days = (request.now - since).num_days();
        let reminder = days >= i64::from(settings.reminder_days);
        SecretAge { since: DateTime(since), days, reminder: reminder.then(|| text.get(request.locale).to_owned()) }
    };
    Ok(PaymentSecurity {
        login: age(since.unwrap_or(request.now), &OLD_LOGIN),
        payment_password: standing.map(|standing| age(standing.set_at, &OLD_PASSWORD)),
        locked_until: standing
            .and_then(|s| s.locked_until(request.now, longest, settings.password_tries))
            .map(DateTime),
    })
}
