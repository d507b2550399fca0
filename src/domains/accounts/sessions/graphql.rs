//! Log-in, log-out and step-up in the API.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::login_name::LoginName;
use super::may_log_in::may_log_in;
use super::ops::log_in::{LogIn, LogInRefusal};
use super::ops::log_out::LogOut;
use super::ops::step_up::StepUp;
use super::store;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::password;
use crate::domains::accounts::token::Token;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::scalars::DateTime;
use crate::kernel::names::fold;
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
    /// `aurora` for an account, `aurora:xiaoli` for a sub-account.
    pub login: String,
    /// The password.
    #[graphql(secret)]
    pub password: String,
    /// The client.
    #[graphql(default_with = "Client::Web")]
    pub client: Client,
}

/// The new session.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct LogInPayload {
    /// The token: send it as `Authorization: Bearer <token>`. It is shown this once.
    pub token: Option<String>,
    /// Until when the session counts.
    pub expires_at: Option<DateTime>,
    /// Why nobody was logged in.
    pub user_errors: Vec<UserError>,
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

/// How the session is to be made strong.
#[derive(InputObject)]
pub struct StepUpInput {
    /// The password of whoever is logged in.
    #[graphql(secret)]
    pub password: String,
}

/// The session is strong for a while.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct StepUpPayload {
    /// Until when.
    pub until: Option<DateTime>,
    /// Why it was not made strong.
    pub user_errors: Vec<UserError>,
}

/// Sessions.
#[derive(Default)]
pub struct SessionMutation;

#[guarded]
#[Object]
impl SessionMutation {
    /// Opens a session and gives its token. Codes: `WRONG_CREDENTIALS`, `FULL_WIDTH_COLON`, `CLIENT_NOT_ALLOWED`,
    /// `OUTSIDE_LOGIN_HOURS`, `OUTSIDE_LOGIN_DAYS`, `METHOD_NOT_ALLOWED`, `NOTHING_GRANTED`.
    #[public = "whoever has a password may log in"]
    async fn log_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: LogInInput,
    ) -> async_graphql::Result<LogInPayload> {
        let request = RequestContext::of(ctx)?;
        let refused = |refusal| LogInPayload {
            token: None,
            expires_at: None,
            user_errors: vec![UserError::of(&refusal, request)],
        };
        let subject = match who(request, &input).await {
            Ok(subject) => subject,
            Err(Fault::Refused(refusal)) => return Ok(refused(refusal)),
            Err(fault) => return Err(to_client(crate::graphql::command::blameless(fault), request)),
        };
        let token = Token::generate();
        let command = LogIn {
            subject,
            name: input.login.trim().to_owned(),
            client: input.client.text(),
            token_hash: token.hash(),
            ttl_hours: request.settings.session_ttl_hours,
        };
        let (session, user_errors) = execute(ctx, command).await?.split(|s| s);
        Ok(LogInPayload {
            token: session.is_some().then(|| token.reveal().to_owned()),
            expires_at: session.map(|s| DateTime(s.expires_at)),
            user_errors,
        })
    }

    /// Ends the session that asks.
    #[requires(login)]
    async fn log_out(&self, ctx: &Context<'_>) -> async_graphql::Result<LogOutPayload> {
        let (_, user_errors) = execute(ctx, LogOut).await?.split(|_| ());
        Ok(LogOutPayload { done: true, user_errors })
    }

    /// Makes the session strong for 15 minutes, for what a grant allows only above an amount. Code: `WRONG_CREDENTIALS`.
    #[requires(login)]
    async fn step_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: StepUpInput,
    ) -> async_graphql::Result<StepUpPayload> {
        let request = RequestContext::of(ctx)?;
        if !own_password(request, input.password).await.or_client(request)? {
            let user_errors = vec![UserError::of(&LogInRefusal::WrongCredentials, request)];
            return Ok(StepUpPayload { until: None, user_errors });
        }
        let (until, user_errors) = execute(ctx, StepUp).await?.split(|s| DateTime(s.until));
        Ok(StepUpPayload { until, user_errors })
    }
}

/// Compares name and password. Unknown names take as long as wrong passwords.
async fn who(request: &RequestContext, input: &LogInInput) -> Result<Subject, Fault<LogInRefusal>> {
    let name = LoginName::parse(&input.login);
    if name == LoginName::FullWidthColon {
        return Err(Fault::Refused(LogInRefusal::FullWidthColon));
    }
    let candidates = candidates(request, name).await.map_err(Fault::widen)?;
    let (subject, hash) = candidates.map_or((None, None), |(subject, hash)| (Some(subject), Some(hash)));
    let right = password::verify(input.password.clone(), hash).await.map_err(Fault::widen)?;
    let subject = subject.filter(|_| right).ok_or(Fault::Refused(LogInRefusal::WrongCredentials))?;
    if matches!(subject, Subject::SubAccount { .. }) && input.client == Client::BuyerApp {
        return Err(Fault::Refused(LogInRefusal::BuyerClient));
    }
    if let Subject::SubAccount { shop, id } = subject {
        may_log_in(request, shop, id, input.client.text()).await?;
    }
    Ok(subject)
}

/// The active subject of a name and its password's hash. A main account with several shops may have the same
/// sub-account name in each; the oldest counts, since one password is compared only.
async fn candidates(request: &RequestContext, name: LoginName<'_>) -> Result<Option<(Subject, String)>, Fault> {
    let mut conn = request.conn().await?;
    match name {
        LoginName::FullWidthColon => Ok(None),
        LoginName::Account(login) => {
            let found = accounts::credentials(&mut conn, login).await?;
            Ok(found.and_then(|(id, hash, active)| active.then_some((Subject::Account { id }, hash))))
        }
        LoginName::SubAccount(main, sub) => {
            let found = store::sub_account_credentials(&mut conn, main, &fold(sub)).await?;
            Ok(found.into_iter().find_map(|(shop, id, hash, active)| {
                hash.filter(|_| active).map(|hash| (Subject::SubAccount { shop, id }, hash))
            }))
        }
    }
}

async fn own_password(request: &RequestContext, secret: String) -> Result<bool, Fault> {
    let hash = {
        let mut conn = request.conn().await?;
        match request.actor()?.subject {
            Subject::Account { id } => accounts::password_hash(&mut conn, id).await?,
            Subject::SubAccount { shop, id } => store::sub_account_password(&mut conn, shop, id).await?,
        }
    };
    password::verify(secret, hash).await
}
