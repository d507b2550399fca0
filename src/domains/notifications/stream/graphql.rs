//! The stream over GraphQL.

use std::sync::Arc;

use async_graphql::{Context, Error, Subscription};
use futures_util::{Stream, StreamExt};
use kith_macros::guarded;

use super::super::graphql::Notification;
use super::super::model::Channel;
use super::Inboxes;
use super::follow::Follower;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::to_client;
use crate::graphql::recheck;
use crate::kernel::{Fault, Subject};

/// Inboxes, as they fill.
#[derive(Default)]
pub struct NotificationSubscription;

#[guarded]
#[Subscription]
impl NotificationSubscription {
    /// Every new message of one's own inbox, in order and without gaps, from the moment of subscribing; security alerts among
    /// them. It ends with a FORBIDDEN error as soon as the session does.
    #[requires(account)]
    async fn notification_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only messages of this channel.")] channel: Option<Channel>,
    ) -> Result<impl Stream<Item = Result<Notification, Error>>, Error> {
        let request = Arc::clone(RequestContext::of(ctx)?);
        let follower = follow(ctx, &request).await.map_err(|fault| to_client(fault, &request))?;
        let wanted = move |row: &Result<_, Fault>| match (row, channel) {
            (Ok(super::super::store::Notification { channel: of, .. }), Some(channel)) => of == channel.text(),
            _ => true,
        };
        let messages = follower.messages().filter(move |row| std::future::ready(wanted(row)));
        Ok(messages.map(move |row| row.map(Notification).map_err(|fault| to_client(fault, &request))))
    }
}

async fn follow(ctx: &Context<'_>, request: &RequestContext) -> Result<Follower, Fault> {
    let Subject::Account { id } = request.actor()?.subject else { return Err(Fault::NotFound { what: "inbox" }) };
    let inboxes = ctx.data_opt::<Arc<Inboxes>>().ok_or_else(|| Fault::internal("the schema has no inboxes"))?;
    Follower::begin(inboxes, id, recheck::of(ctx)?).await
}
