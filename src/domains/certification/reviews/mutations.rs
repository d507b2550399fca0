//! Marking records in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::mark::SetBadRecord;
use crate::domains::certification::outside::certifier;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::graphql::scalars::DateTime;

/// A record to mark.
#[derive(InputObject)]
pub struct SetBadRecordInput {
    /// Whose.
    pub account_id: ID,
    /// Whether it is a bad one.
    pub bad: bool,
    /// Why: 1 to 200 characters.
    pub reason: String,
}

/// The record is marked.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SetBadRecordPayload {
    /// When the account is reviewed next; null when nothing is planned.
    pub review_at: Option<DateTime>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Reviews.
#[derive(Default)]
pub struct ReviewMutation;

#[guarded]
#[Object]
impl ReviewMutation {
    /// Says that an account has a bad record, so that it is reviewed after a random time as well; or that it has none any more.
    /// Code: `REASON_INVALID`.
    #[requires("platform.certification.review")]
    async fn set_bad_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetBadRecordInput,
    ) -> async_graphql::Result<SetBadRecordPayload> {
        let request = RequestContext::of(ctx)?;
        let roll = certifier(ctx).or_client(request)?.dice.roll();
        let account = parse(&input.account_id, "account").or_client(request)?;
        let command = SetBadRecord { account, bad: input.bad, reason: input.reason, roll };
        let (marked, user_errors) = execute(ctx, command).await?.split(|marked| marked.review_at.map(DateTime));
        Ok(SetBadRecordPayload { review_at: marked.flatten(), user_errors })
    }
}
