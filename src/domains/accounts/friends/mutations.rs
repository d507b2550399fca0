//! Adding and removing friends in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{Friend, friend};
use super::ops::accept::AcceptFriend;
use super::ops::remove::RemoveFriend;
use super::ops::request::{Befriended, RequestFriend};
use super::store;
use crate::domains::accounts::own;
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;

/// Somebody to ask.
#[derive(InputObject)]
pub struct RequestFriendInput {
    /// Their log-in name.
    pub login: String,
}

/// Somebody who asked.
#[derive(InputObject)]
pub struct AcceptFriendInput {
    /// The relation, from `viewer.friends`.
    pub friend_id: ID,
}

/// Somebody to remove.
#[derive(InputObject)]
pub struct RemoveFriendInput {
    /// The relation, from `viewer.friends`.
    pub friend_id: ID,
}

/// The friend after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct FriendPayload {
    /// The friend; null after removing.
    pub friend: Option<Friend>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Friends.
#[derive(Default)]
pub struct FriendMutation;

#[guarded]
#[Object]
impl FriendMutation {
    /// Asks somebody to be a friend; if they have asked before, the two are friends at once. Codes: `ACCOUNT_NOT_FOUND`,
    /// `OWN_ACCOUNT`, `ALREADY_FRIENDS`, `ALREADY_ASKED`, `FRIEND_LIMIT`.
    #[requires(account)]
    async fn request_friend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RequestFriendInput,
    ) -> async_graphql::Result<FriendPayload> {
        payload(ctx, execute(ctx, RequestFriend { login: input.login }).await?).await
    }

    /// Accepts somebody who asked. Code: `NOT_ASKED`.
    #[requires(account)]
    async fn accept_friend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AcceptFriendInput,
    ) -> async_graphql::Result<FriendPayload> {
        let request = RequestContext::of(ctx)?;
        let friend = parse(&input.friend_id, "friend").or_client(request)?;
        payload(ctx, execute(ctx, AcceptFriend { friend }).await?).await
    }

    /// Removes a friend, declines a request, or takes one's own back.
    #[requires(account)]
    async fn remove_friend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RemoveFriendInput,
    ) -> async_graphql::Result<FriendPayload> {
        let request = RequestContext::of(ctx)?;
        let friend = parse(&input.friend_id, "friend").or_client(request)?;
        let (_, user_errors) = execute(ctx, RemoveFriend { friend }).await?.split(|_| ());
        Ok(FriendPayload { friend: None, user_errors })
    }
}

async fn payload(ctx: &Context<'_>, answer: Answer<Befriended>) -> async_graphql::Result<FriendPayload> {
    let request = RequestContext::of(ctx)?;
    let (done, user_errors) = answer.split(|done| done.id);
    let Some(done) = done else { return Ok(FriendPayload { friend: None, user_errors }) };
    let account = own::of_request(request).or_client(request)?;
    let found = async {
        let row = store::get(&mut *request.conn().await?, account, done).await?;
        match row {
            Some(row) => friend(request, &row).await.map(Some),
            // Of a rehearsal there is nothing to show.
            None => Ok(None),
        }
    };
    Ok(FriendPayload { friend: found.await.or_client(request)?, user_errors })
}
