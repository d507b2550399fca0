//! Logging in by a code to a phone, in the API: for sub-accounts whose position allows it (requirement 4.20).

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::credentials::{Who, attempt, failed};
use super::login_name::LoginName;
use super::login_throttle::Counted;
use super::may_log_in::{PHONE_CODE, may_log_in};
use super::mutations::{Client, LogInPayload, opened, refused};
use super::ops::log_in::LogInRefusal;
use super::ops::staff_code::{CheckLogInCode, SendLogInCode};
use super::phones::{self, StaffPhone};
use super::policy;
use crate::domains::accounts::throttle;
use crate::graphql::command::{Answer, blameless, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::kernel::{Fault, Subject};
use crate::telemetry::Secret;

/// A sub-account that wants a code.
#[derive(InputObject)]
pub struct SendLogInCodeInput {
    /// Its log-in name, such as `aurora:xiaoli`.
    #[graphql(secret)]
    pub login: String,
}

/// A code was sent, if there is somebody to send it to.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SendLogInCodePayload {
    /// True whether or not there is such a sub-account, and whether or not it may log in this way.
    pub accepted: bool,
    /// Why nothing was tried.
    pub user_errors: Vec<UserError>,
}

/// A sub-account and its code.
#[derive(InputObject)]
pub struct LogInByCodeInput {
    /// Its log-in name, such as `aurora:xiaoli`.
    #[graphql(secret)]
    pub login: String,
    /// The code.
    #[graphql(secret)]
    pub code: String,
    /// The client.
    #[graphql(default_with = "Client::Web")]
    pub client: Client,
}

/// Log-in by code.
#[derive(Default)]
pub struct LogInByCodeMutation;

#[guarded]
#[Object]
impl LogInByCodeMutation {
    /// Sends a sub-account a code to log in by: to the bound phone of the account that certified it. The answer is the same when
    /// there is no such sub-account, or when its position does not allow the method. Codes: `TOO_MANY_TRIES`,
    /// `FULL_WIDTH_COLON`.
    #[public = "whoever logs in by a code is not logged in"]
    async fn send_log_in_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SendLogInCodeInput,
    ) -> async_graphql::Result<SendLogInCodePayload> {
        let request = RequestContext::of(ctx)?;
        let name = LoginName::parse(&input.login);
        if name == LoginName::FullWidthColon {
            let user_errors = vec![UserError::of(&LogInRefusal::FullWidthColon, request)];
            return Ok(SendLogInCodePayload { accepted: false, user_errors });
        }
        let of = reachable(request, name).await.or_client(request)?;
        let subject = of.as_ref().map(|of| Subject::SubAccount { shop: of.shop, id: of.id });
        let counted = Counted::of(&request.door.env, subject, name, request.caller.origin.ip);
        Ok(match execute(ctx, SendLogInCode { of, counted, locale: request.locale }).await? {
            Answer::Done(_) => SendLogInCodePayload { accepted: true, user_errors: Vec::new() },
            Answer::Refused(user_errors) => SendLogInCodePayload { accepted: false, user_errors },
        })
    }

    /// Opens a session for a sub-account by the code that `sendLogInCode` sent. Codes: `LOG_IN_CODE_WRONG`, `TOO_MANY_TRIES`,
    /// `FULL_WIDTH_COLON`, `CLIENT_NOT_ALLOWED`, `OUTSIDE_LOGIN_HOURS`, `OUTSIDE_LOGIN_DAYS`, `METHOD_NOT_ALLOWED`,
    /// `NOTHING_GRANTED`.
    #[public = "whoever has the code may log in"]
    async fn log_in_by_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: LogInByCodeInput,
    ) -> async_graphql::Result<LogInPayload> {
        let request = RequestContext::of(ctx)?;
        // On the heap: all root fields' futures lie one inside another, and the largest makes them all as large.
        match Box::pin(found(request, &input.login, input.code, input.client)).await {
            Ok(found) => Box::pin(opened(ctx, found, (input.client, PHONE_CODE), None)).await,
            Err(Fault::Refused(refusal)) => Ok(refused(request, &refusal)),
            Err(fault) => Err(to_client(blameless(fault), request)),
        }
    }
}

/// The sub-account of a name, if a code for it has somewhere to go and its position allows the method.
async fn reachable(request: &RequestContext, name: LoginName<'_>) -> Result<Option<StaffPhone>, Fault> {
    let mut conn = request.conn().await?;
    let Some(place) = phones::active(&mut conn, name).await? else { return Ok(None) };
    let (policy, _) = policy::of_sub_account(&mut conn, place.0, place.1).await?;
    if policy.is_some_and(|policy| policy.methods.is_some_and(|all| !all.iter().any(|one| one == PHONE_CODE))) {
        return Ok(None);
    }
    phones::of(&mut conn, &request.door.env.keys, place).await
}

/// Whose name and code are right, if they may log in with this client now. An unknown name counts and answers like a wrong code.
async fn found(
    request: &RequestContext,
    login: &str,
    code: String,
    client: Client,
) -> Result<Who, Fault<LogInRefusal>> {
    let name = LoginName::parse(login);
    if name == LoginName::FullWidthColon {
        return Err(Fault::Refused(LogInRefusal::FullWidthColon));
    }
    let (place, of, counted, failures) = {
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        let place = phones::active(&mut conn, name).await?;
        let of = match place.clone() {
            Some(place) => phones::of(&mut conn, &request.door.env.keys, place).await.map_err(Fault::widen)?,
            None => None,
        };
        let subject = place.as_ref().map(|(shop, id, _)| Subject::SubAccount { shop: *shop, id: *id });
        let counted = Counted::of(&request.door.env, subject, name, request.caller.origin.ip);
        let failures = attempt(request, &mut conn, &counted).await?;
        (subject, of, counted, failures)
    };
    let right = match of.clone() {
        Some(of) => {
            let command = CheckLogInCode { of, code: Secret::new(code) };
            let tried = request.door.execute(request.caller.clone(), command, crate::command::Options::default()).await;
            tried.map_err(Fault::widen)?.output.right
        }
        None => false,
    };
    let Some(of) = of.filter(|_| right) else {
        failed(request, counted, place, "logInByCode", Some(failures)).await.map_err(Fault::widen)?;
        return Err(Fault::Refused(LogInRefusal::WrongCode));
    };
    let may = match client {
        Client::BuyerApp => Err(Fault::Refused(LogInRefusal::BuyerClient)),
        client => may_log_in(request, of.shop, of.id, client.text(), PHONE_CODE).await,
    };
    if may.is_err() {
        // The code was right: this was no guess.
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        throttle::clear(&mut conn, &counted.name).await?;
    }
    may?;
    Ok(Who { subject: Subject::SubAccount { shop: of.shop, id: of.id }, name: of.name, counted })
}
