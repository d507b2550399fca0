//! Restrictions in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Reason;
use super::ops::confirm::ConfirmActivity;
use super::store;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::scalars::DateTime;
use crate::kernel::{Fault, Subject};

/// Something unusual that the owner of the account has to confirm before it can act again.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Restriction {
    /// What happened.
    pub reason: Reason,
    /// What happened and what to do, in the language of `Accept-Language`.
    pub message: String,
    /// Since when.
    pub since: DateTime,
}

/// What `viewer` says of its restriction.
pub struct ViewerRestriction;

#[guarded]
#[Object]
impl ViewerRestriction {
    /// Why this account can be read but cannot act; nothing when it can.
    #[requires(account)]
    async fn restriction(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Restriction>> {
        let request = RequestContext::of(ctx)?;
        restriction(request).await.or_client(request)
    }
}

async fn restriction(request: &RequestContext) -> Result<Option<Restriction>, Fault> {
    let Subject::Account { id } = request.actor()?.subject else { return Ok(None) };
    let Some((reason, since)) = store::get(&mut *request.conn().await?, id).await? else { return Ok(None) };
    let reason = Reason::parse(&reason).ok_or_else(|| Fault::internal("a restriction for no reason"))?;
    let message = reason.words().get(request.locale).to_owned();
    Ok(Some(Restriction { reason, message, since: DateTime(since) }))
}

/// An answer to an alert.
#[derive(InputObject)]
pub struct ConfirmActivityInput {
    /// Whether it was your own doing. If not, every other session ends, every device is forgotten, and the account stays
    /// restricted until the password is set anew with `requestRecovery`.
    pub was_me: bool,
}

/// The account after the answer.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ConfirmActivityPayload {
    /// Whether it is still restricted.
    pub restricted: Option<bool>,
    /// How many sessions were ended.
    pub ended_sessions: Option<usize>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Restrictions.
#[derive(Default)]
pub struct RestrictionMutation;

#[guarded]
#[Object]
impl RestrictionMutation {
    /// Says whether what looked unusual was one's own doing; if it was, the account can act again. The session must have been
    /// stepped up, by more than the password where the account has more. Code: `NOT_RESTRICTED`.
    #[requires(account)]
    async fn confirm_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ConfirmActivityInput,
    ) -> async_graphql::Result<ConfirmActivityPayload> {
        let answer = execute(ctx, ConfirmActivity { was_me: input.was_me }).await?;
        let (done, user_errors) = answer.split(|answered| answered);
        let (restricted, ended_sessions) = done.map(|done| (done.restricted, done.ended)).unzip();
        Ok(ConfirmActivityPayload { restricted, ended_sessions, user_errors })
    }
}
