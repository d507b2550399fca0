//! The stream over GraphQL.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Subscription};
use futures_util::{Stream, StreamExt};
use kith_macros::guarded;

use super::super::graphql::AuditEntry;
use super::super::model::{READ, READ_EVERY, Readable};
use super::Streams;
use super::follow::Follower;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::to_client;
use crate::graphql::{ids, recheck};
use crate::kernel::Fault;

/// The trails of shops, as they grow.
#[derive(Default)]
pub struct AuditSubscription;

#[guarded]
#[Subscription]
impl AuditSubscription {
    /// Every new entry of a shop's audit trail, in order and without gaps, from the moment of subscribing. It ends with
    /// a FORBIDDEN error as soon as the permission is taken away or the session ends.
    #[requires(any("audit.read", "platform.audit.read"))]
    async fn audit_entry_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop.")] shop_id: ID,
    ) -> Result<impl Stream<Item = Result<AuditEntry, Error>>, Error> {
        let request = Arc::clone(RequestContext::of(ctx)?);
        let follower = follow(ctx, &request, &shop_id).await.map_err(|fault| to_client(fault, &request))?;
        let entries = follower.entries();
        Ok(entries.map(move |entry| entry.map(AuditEntry).map_err(|fault| to_client(fault, &request))))
    }
}

async fn follow(ctx: &Context<'_>, request: &RequestContext, shop: &ID) -> Result<Follower, Fault> {
    let shop = ids::parse(shop, "shop")?;
    let permit = request.read_permit_or_platform(shop, READ, READ_EVERY).await?;
    let streams = ctx.data_opt::<Arc<Streams>>().ok_or_else(|| Fault::internal("the schema has no audit streams"))?;
    let clock = Arc::clone(&request.door.clock);
    Follower::begin(streams, Readable::shop(permit), shop, recheck::of(ctx)?, clock).await
}
