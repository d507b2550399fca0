//! Creators in the API.

use async_graphql::{Context, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::become_creator::BecomeCreator;
use crate::graphql::command::execute;
use crate::graphql::errors::UserError;
use crate::graphql::scalars::DateTime;

/// The account is a creator.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct BecomeCreatorPayload {
    /// Since when; null when the rules refused.
    pub since: Option<DateTime>,
    /// Why it is not one.
    pub user_errors: Vec<UserError>,
}

/// Creators.
#[derive(Default)]
pub struct CreatorMutation;

#[guarded]
#[Object]
impl CreatorMutation {
    /// Makes this account a creator (达人), which takes a certified one. Code: `NOT_CERTIFIED`.
    #[requires(account)]
    async fn become_creator(&self, ctx: &Context<'_>) -> async_graphql::Result<BecomeCreatorPayload> {
        let (since, user_errors) = execute(ctx, BecomeCreator).await?.split(|became| DateTime(became.since));
        Ok(BecomeCreatorPayload { since, user_errors })
    }
}
