//! `configureService` in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::configure::ConfigureService;
use super::trial::tried;
use crate::domains::services::service::graphql::{Service, service_of};
use crate::graphql::command::{execute, options};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::graphql::scalars::Json;

/// How a service is to behave.
#[derive(InputObject)]
pub struct ConfigureServiceInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// The service.
    pub service_id: ID,
    /// For whom; for the whole shop when it is left out. A sub-account's own settings stand before the shop's, key by key.
    pub sub_account_id: Option<ID>,
    /// The values by key, in place of what was set for the same; null takes away what was set. `settingsSchema` says what can
    /// be set.
    pub settings: Option<Json>,
}

/// How the service behaves now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ConfigureServicePayload {
    /// The service with its settings.
    pub service: Option<Service>,
    /// Why nothing was set.
    pub user_errors: Vec<UserError>,
}

/// Settings of services.
#[derive(Default)]
pub struct ServiceSettingsMutation;

#[guarded]
#[Object]
impl ServiceSettingsMutation {
    /// Sets how a service behaves in a shop, or for one of its sub-accounts (requirement 4.16). For the shop the main account
    /// decides; for a sub-account also who may grant and holds all of the service's permissions, for those who stand no higher
    /// (requirement 5.2). Codes: `NOT_SUBSCRIBED`, `SERVICE_UNAVAILABLE`, `SETTINGS_INVALID`, `SETTINGS_UNKNOWN_KEY`,
    /// `SETTINGS_TOO_LARGE`, `SETTINGS_TOO_DEEP`, `SETTINGS_REFUSED`, `SETTINGS_FIXED`, `SERVICE_SCHEMA_INVALID`, `ONESELF`,
    /// `ABOVE_OWN_RANK`, `PERMISSION_NOT_HELD`.
    #[requires(any("service.subscribe", "permission.grant"))]
    async fn configure_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ConfigureServiceInput,
    ) -> async_graphql::Result<ConfigureServicePayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let sub_account = input.sub_account_id.map(|id| parse(&id, "subAccount")).transpose().or_client(request)?;
        let settings = input.settings.map_or(serde_json::Value::Null, |settings| settings.0);
        let service = input.service_id.0;
        let trial = tried(request, shop, &service, sub_account, &settings).await.or_client(request)?;
        let command = ConfigureService { shop, service, sub_account, settings, refused: trial.refused };
        let (done, user_errors) = execute(ctx, command).await?.split(|done| done.service);
        let service = match done {
            Some(service) => {
                if let Some(text) = trial.text.filter(|_| !options(ctx).is_ok_and(|options| options.dry_run)) {
                    // On this server; on others the first question starts it.
                    request.door.sets.bench.current().make_ready(&service, shop, &text);
                }
                service_of(request, shop, &service).await.or_client(request)?
            }
            None => None,
        };
        Ok(ConfigureServicePayload { service, user_errors })
    }
}
