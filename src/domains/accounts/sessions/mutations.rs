//! Log-in, log-out, refresh and the end of sessions in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::credentials::{Who, who};
use super::may_log_in::{PASSWORD, may_log_in};
use super::ops::confirm::ConfirmLogIn;
use super::ops::end::{EndSessions, What};
use super::ops::log_in::{Lives, LogIn, LogInRefusal, LoggedIn, Tokens, Via};
use super::ops::log_out::LogOut;
use super::ops::refresh::{RefreshRefusal, RefreshSession, Refreshed};
use crate::domains::accounts::codes::Checked;
use crate::domains::accounts::step_up::Factor;
use crate::domains::accounts::step_up::graphql::{one_factor, second};
use crate::domains::accounts::throttle;
use crate::domains::accounts::token::{Kind, Token, TokenHash};
use crate::graphql::command::{Answer, blameless, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::parse;
use crate::graphql::scalars::DateTime;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Subject};

/// The client that somebody logs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Client {
    /// A browser.
    Web,
    /// The sellers' app (千牛).
    SellerApp,
    /// The buyers' app; not for sub-accounts (requirement 4.12).
    BuyerApp,
    /// A program.
    Api,
}

impl Client {
    /// As the database has it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Web => "WEB",
            Self::SellerApp => "SELLER_APP",
            Self::BuyerApp => "BUYER_APP",
            Self::Api => "API",
        }
    }
}

/// Who wants to log in.
#[derive(InputObject)]
pub struct LogInInput {
    /// `aurora`, a bound phone number or e-mail address for an account; `aurora:xiaoli` for a sub-account.
    #[graphql(secret)]
    pub login: String,
    /// The password.
    #[graphql(secret)]
    pub password: String,
    /// The client.
    #[graphql(default_with = "Client::Web")]
    pub client: Client,
    /// What an earlier log-in gave this device as its `deviceToken`.
    #[graphql(secret)]
    pub device_token: Option<String>,
}

/// Whether there is a session yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum LogInState {
    /// There is: use the token.
    Active,
    /// A second factor is wanted, because the device is not known or because the account has an authenticator. `confirmLogIn`
    /// takes it, and nothing else takes the pending token.
    Pending,
}

/// The new session.
#[guarded(inherits)]
#[derive(SimpleObject, Default)]
pub struct LogInPayload {
    /// Whether there is a session yet; null when nobody was logged in.
    pub state: Option<LogInState>,
    /// The token: send it as `Authorization: Bearer <token>`. It is shown this once.
    pub token: Option<String>,
    /// What `refreshSession` takes, once.
    pub refresh_token: Option<String>,
    /// What this device is known by from now on: keep it, and give it with the next log-in. Null when it is known already.
    pub device_token: Option<String>,
    /// Until when the token counts, or the code.
    pub expires_at: Option<DateTime>,
    /// What `confirmLogIn` takes together with the second factor.
    pub pending_token: Option<String>,
    /// Where the code went, with most of it hidden; null when none was sent.
    pub code_sent_to: Option<String>,
    /// The second factors of which `confirmLogIn` takes one; empty when there is a session.
    pub factors: Vec<Factor>,
    /// Why nobody was logged in.
    pub user_errors: Vec<UserError>,
}

/// The second factor of a log-in: one of them.
#[derive(InputObject)]
pub struct ConfirmLogInInput {
    /// What `logIn` gave as its `pendingToken`.
    #[graphql(secret)]
    pub pending_token: String,
    /// The code that was sent.
    #[graphql(secret)]
    pub code: Option<String>,
    /// A code of the authenticator.
    #[graphql(secret)]
    pub totp: Option<String>,
    /// A recovery code.
    #[graphql(secret)]
    pub recovery_code: Option<String>,
}

/// A refresh token.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// What the log-in, or the refresh before, gave.
    #[graphql(secret)]
    pub refresh_token: String,
}

/// The session is over.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct LogOutPayload {
    /// Always true: there is no session any more.
    pub done: bool,
    /// Always empty.
    pub user_errors: Vec<UserError>,
}

/// A session to end.
#[derive(InputObject)]
pub struct EndSessionInput {
    /// The session.
    pub session_id: ID,
}

/// A device to forget.
#[derive(InputObject)]
pub struct RemoveDeviceInput {
    /// The device.
    pub device_id: ID,
}

/// Sessions that are over.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct EndSessionsPayload {
    /// How many were open.
    pub count: Option<usize>,
    /// Always empty.
    pub user_errors: Vec<UserError>,
}

/// Sessions.
#[derive(Default)]
pub struct SessionMutation;

#[guarded]
#[Object]
impl SessionMutation {
    /// Opens a session and gives its tokens; from a device that is not known, once `confirmLogIn` was given the code that is
    /// sent. Codes: `WRONG_CREDENTIALS`, `TOO_MANY_TRIES`, `FULL_WIDTH_COLON`, `CLIENT_NOT_ALLOWED`, `CODE_SENDS_USED_UP`,
    /// `OUTSIDE_LOGIN_HOURS`, `OUTSIDE_LOGIN_DAYS`, `METHOD_NOT_ALLOWED`, `NOTHING_GRANTED`.
    #[public = "whoever has a password may log in"]
    async fn log_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: LogInInput,
    ) -> async_graphql::Result<LogInPayload> {
        let request = RequestContext::of(ctx)?;
        let device = input.device_token.as_deref().and_then(|token| Token::parse_of(Kind::Device, token));
        let device = device.map(|token| token.hash());
        let found = found(request, &input.login, input.password, input.client, device.as_ref()).await;
        match found {
            Ok(found) => Box::pin(opened(ctx, found, (input.client, PASSWORD), device)).await,
            Err(Fault::Refused(refusal)) => Ok(refused(request, &refusal)),
            Err(fault) => Err(to_client(blameless(fault), request)),
        }
    }

    /// Makes a session of a log-in that waits for a second factor. Codes: `LOG_IN_EXPIRED`, `CODE_WRONG`, `CODE_EXPIRED`,
    /// `CODE_TRIES_USED_UP`, `CODE_NOT_ASKED`, `CODE_NOT_SENT`, `TOTP_WRONG`, `RECOVERY_CODE_WRONG`, `TOO_MANY_TRIES`.
    #[public = "whoever has the pending token and the second factor may finish logging in"]
    async fn confirm_log_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ConfirmLogInInput,
    ) -> async_graphql::Result<LogInPayload> {
        let request = RequestContext::of(ctx)?;
        let Some(Ok(second)) = second(input.code, input.totp, input.recovery_code) else {
            return Err(to_client(one_factor(), request));
        };
        let Some(pending) = Token::parse_of(Kind::Pending, &input.pending_token) else {
            return Ok(refused(request, &super::ops::confirm::ConfirmRefusal::Over));
        };
        let (shown, tokens) = generate();
        let command = ConfirmLogIn { pending: pending.hash(), second, tokens, lives: lives(request) };
        Ok(match execute(ctx, command).await? {
            Answer::Refused(user_errors) => LogInPayload { user_errors, ..LogInPayload::default() },
            Answer::Done(Checked::Wrong(failure)) => refused(request, &failure),
            Answer::Done(Checked::Right(confirmed)) => LogInPayload {
                state: Some(LogInState::Active),
                token: Some(shown.access),
                refresh_token: Some(shown.refresh),
                device_token: confirmed.new_device.then_some(shown.device),
                expires_at: Some(DateTime(confirmed.expires_at)),
                ..LogInPayload::default()
            },
        })
    }

    /// Gives a session new tokens for its refresh token, which is good once: one that comes again ends the session. Of a sub-account
    /// only while the login policy of its position allows it; the token stays good until then. Codes: `REFRESH_INVALID`,
    /// `REFRESH_REUSED`, `OUTSIDE_LOGIN_HOURS`, `OUTSIDE_LOGIN_DAYS`, `CLIENT_NOT_ALLOWED`, `METHOD_NOT_ALLOWED`.
    #[public = "whoever has a refresh token may go on with its session"]
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RefreshSessionInput,
    ) -> async_graphql::Result<LogInPayload> {
        let request = RequestContext::of(ctx)?;
        let Some(old) = Token::parse_of(Kind::Refresh, &input.refresh_token) else {
            return Ok(refused(request, &RefreshRefusal::Invalid));
        };
        let (shown, tokens) = generate();
        let command = RefreshSession { old: old.hash(), tokens, access_min: lives(request).access_min };
        Ok(match execute(ctx, command).await? {
            Answer::Refused(user_errors) => LogInPayload { user_errors, ..LogInPayload::default() },
            Answer::Done(Refreshed::Reused) => refused(request, &RefreshRefusal::Reused),
            Answer::Done(Refreshed::Anew { expires_at }) => LogInPayload {
                state: Some(LogInState::Active),
                token: Some(shown.access),
                refresh_token: Some(shown.refresh),
                expires_at: Some(DateTime(expires_at)),
                ..LogInPayload::default()
            },
        })
    }

    /// Ends the session that asks.
    #[requires(login)]
    async fn log_out(&self, ctx: &Context<'_>) -> async_graphql::Result<LogOutPayload> {
        let (_, user_errors) = execute(ctx, LogOut).await?.split(|_| ());
        Ok(LogOutPayload { done: true, user_errors })
    }

    /// Ends a session of this account.
    #[requires(account)]
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: EndSessionInput,
    ) -> async_graphql::Result<EndSessionsPayload> {
        let request = RequestContext::of(ctx)?;
        let session = parse(&input.session_id, "session").or_client(request)?;
        end(ctx, What::Session(session)).await
    }

    /// Ends every session of this account but the one that asks.
    #[requires(account)]
    async fn end_other_sessions(&self, ctx: &Context<'_>) -> async_graphql::Result<EndSessionsPayload> {
        end(ctx, What::Others).await
    }

    /// Forgets a device and ends its sessions: its next log-in has to be confirmed.
    #[requires(account)]
    async fn remove_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RemoveDeviceInput,
    ) -> async_graphql::Result<EndSessionsPayload> {
        let request = RequestContext::of(ctx)?;
        let device = parse(&input.device_id, "device").or_client(request)?;
        end(ctx, What::Device(device)).await
    }
}

/// Opens the session of somebody who may log in, or has it wait for a second factor.
pub(super) async fn opened(
    ctx: &Context<'_>,
    who: Who,
    (client, method): (Client, &'static str),
    device: Option<TokenHash>,
) -> async_graphql::Result<LogInPayload> {
    let request = RequestContext::of(ctx)?;
    let Who { subject, name, counted } = who;
    let (shown, tokens) = generate();
    let command = LogIn {
        subject,
        name,
        client: client.text(),
        method,
        tokens,
        lives: lives(request),
        via: Via::Device(device),
        counted: Some(counted),
        locale: request.locale,
    };
    Ok(match execute(ctx, command).await? {
        Answer::Refused(user_errors) => LogInPayload { user_errors, ..LogInPayload::default() },
        Answer::Done(LoggedIn::Pending { expires_at, sent_to, factors }) => LogInPayload {
            state: Some(LogInState::Pending),
            expires_at: Some(DateTime(expires_at)),
            pending_token: Some(shown.pending),
            code_sent_to: sent_to,
            factors,
            ..LogInPayload::default()
        },
        Answer::Done(LoggedIn::Active { expires_at, new_device, .. }) => LogInPayload {
            state: Some(LogInState::Active),
            token: Some(shown.access),
            refresh_token: Some(shown.refresh),
            device_token: new_device.then_some(shown.device),
            expires_at: Some(DateTime(expires_at)),
            ..LogInPayload::default()
        },
    })
}

/// New tokens in the clear, for the one answer that shows them.
struct Shown {
    access: String,
    refresh: String,
    device: String,
    pending: String,
}

fn generate() -> (Shown, Tokens) {
    let [access, refresh, device, pending] =
        [Kind::Session, Kind::Refresh, Kind::Device, Kind::Pending].map(Token::generate_of);
    let hashes =
        Tokens { access: access.hash(), refresh: Some(refresh.hash()), device: device.hash(), pending: pending.hash() };
    let text = |token: Token| token.reveal().to_owned();
    (Shown { access: text(access), refresh: text(refresh), device: text(device), pending: text(pending) }, hashes)
}

fn lives(request: &RequestContext) -> Lives {
    Lives {
        access_min: i64::from(request.door.env.auth.access_ttl_min),
        session_hours: request.settings.session_ttl_hours,
    }
}

pub(super) fn refused(request: &RequestContext, refusal: &impl Refusal) -> LogInPayload {
    LogInPayload { user_errors: vec![UserError::of(refusal, request)], ..LogInPayload::default() }
}

async fn end(ctx: &Context<'_>, what: What) -> async_graphql::Result<EndSessionsPayload> {
    let (count, user_errors) = execute(ctx, EndSessions(what)).await?.split(|ended| ended.count);
    Ok(EndSessionsPayload { count, user_errors })
}

/// Whose name and password are right, if they may log in with this client now.
async fn found(
    request: &RequestContext,
    login: &str,
    password: String,
    client: Client,
    device: Option<&TokenHash>,
) -> Result<Who, Fault<LogInRefusal>> {
    let found = who(request, login, password, device).await?;
    if let Subject::SubAccount { shop, id } = found.subject {
        if client == Client::BuyerApp {
            return Err(Fault::Refused(LogInRefusal::BuyerClient));
        }
        let may = may_log_in(request, shop, id, client.text(), PASSWORD).await;
        if may.is_err() {
            // The password was right: this was no guess.
            let mut conn = request.conn().await.map_err(Fault::widen)?;
            throttle::clear(&mut conn, &found.counted.name).await?;
        }
        may?;
    }
    Ok(found)
}
