//! The mutations on subscriptions.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::subscribe::SubscribeService;
use super::ops::unsubscribe::UnsubscribeService;
use crate::domains::services::service::graphql::{Service, service_of};
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};

/// A service to subscribe to.
#[derive(InputObject)]
pub struct SubscribeServiceInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// The service.
    pub service_id: ID,
}

/// A subscription to end.
#[derive(InputObject)]
pub struct UnsubscribeServiceInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// The service.
    pub service_id: ID,
}

/// The service as the shop has it now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ServicePayload {
    /// The service; nothing when it was removed and the shop has left it.
    pub service: Option<Service>,
    /// Why nothing changed.
    pub user_errors: Vec<UserError>,
}

/// Subscriptions to services.
#[derive(Default)]
pub struct SubscriptionMutation;

#[guarded]
#[Object]
impl SubscriptionMutation {
    /// Subscribes a shop to a third-party service: its permissions can be granted from now on, and what was granted earlier
    /// counts again (requirements 5.8 and 5.9). With a service that the shop has, the main account agrees again to
    /// permissions that became riskier. Codes: `SERVICE_REMOVED`.
    #[requires("service.subscribe")]
    async fn subscribe_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SubscribeServiceInput,
    ) -> async_graphql::Result<ServicePayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = SubscribeService { shop, service: input.service_id.0 };
        let (done, user_errors) = execute(ctx, command).await?.split(|done| done.service);
        payload(request, shop, done, user_errors).await
    }

    /// Ends a subscription: the service's permissions count for nobody in the shop from the moment that this returns. What was
    /// granted and set waits for the next subscription (requirement 5.9). Codes: `NOT_SUBSCRIBED`.
    #[requires("service.subscribe")]
    async fn unsubscribe_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: UnsubscribeServiceInput,
    ) -> async_graphql::Result<ServicePayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = UnsubscribeService { shop, service: input.service_id.0 };
        let (done, user_errors) = execute(ctx, command).await?.split(|done| done.service);
        payload(request, shop, done, user_errors).await
    }
}

async fn payload(
    request: &RequestContext,
    shop: crate::kernel::ids::ShopId,
    done: Option<String>,
    user_errors: Vec<UserError>,
) -> async_graphql::Result<ServicePayload> {
    let service = match done {
        Some(service) => service_of(request, shop, &service).await.or_client(request)?,
        None => None,
    };
    Ok(ServicePayload { service, user_errors })
}
