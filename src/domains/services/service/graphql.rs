//! Services in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{MOST, Service as Row, State};
use crate::domains::services::perms::{SERVICE_SUBSCRIBE, STAFF_READ};
use crate::domains::services::settings::model::Field;
use crate::domains::services::tokens::graphql::ServiceToken;
use crate::domains::services::tokens::model::ServiceToken as TokenRow;
use crate::domains::services::tokens::store as tokens;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::{DateTime, Json};
use crate::kernel::Fault;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::permissions::catalogue::Entry;
use crate::permissions::{codes, settings};

/// A third-party service (应用服务), as a shop sees it.
pub struct Service {
    row: Row,
    shop: Arc<Shop>,
}

/// What a shop has of services: read once for a list of them.
struct Shop {
    subscribed: Vec<String>,
    awaiting: Vec<String>,
    settings: Vec<settings::Row>,
    /// Of whoever may issue them; nothing for others.
    tokens: Option<Vec<TokenRow>>,
    /// Whether the values of settings are shown, which may be secrets.
    shows_values: bool,
}

/// A permission of a service.
pub struct ServicePermission(&'static Entry);

/// A permission of a service.
#[guarded(inherits)]
#[Object]
impl ServicePermission {
    /// The code that the API speaks.
    async fn code(&self) -> &'static str {
        self.0.code
    }

    /// The heading that it stands under.
    async fn parent(&self) -> Option<&'static str> {
        self.0.service.as_ref().and_then(|service| service.parent)
    }

    /// The title on the permission page, in the language of `Accept-Language`.
    async fn title(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(self.0.title.get(RequestContext::of(ctx)?.locale))
    }

    /// What holding it allows.
    async fn help(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(self.0.help.get(RequestContext::of(ctx)?.locale))
    }

    /// Whether it only groups others and cannot be granted.
    async fn heading(&self) -> bool {
        self.0.holder == crate::permissions::catalogue::Holder::Nobody
    }

    /// Whether it is high-risk: never in a position, granted one by one (requirement 4.14).
    async fn high_risk(&self) -> bool {
        self.0.high_risk
    }

    /// Whether it is there; one that the service no longer brings is kept with its grants.
    async fn active(&self) -> bool {
        self.0.is_active()
    }
}

/// Something that can be set.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ServiceSetting {
    /// The key.
    pub key: String,
    /// The title on the form, in the service's words.
    pub title: String,
    /// `BOOLEAN`, `INTEGER`, `NUMBER`, `TEXT`, `MONEY` (minor units) or `JSON`.
    pub kind: &'static str,
    /// The value while nobody sets another; null: it must be set before the service works.
    pub default: Option<Json>,
    /// The JSON Schema that values have to satisfy.
    pub schema: Option<Json>,
}

/// What was set, for the whole shop or for one sub-account.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ServiceSettings {
    /// The sub-account; null for the whole shop.
    pub sub_account_id: Option<ID>,
    /// What was set, by key. What is not among them is the shop's, or the default.
    pub keys: Vec<String>,
    /// The values by key. They may be secrets, such as a printer's password: null for all but the main account.
    pub values: Option<Json>,
    /// Who set them, by the name in the shop's records.
    pub changed_by: String,
    /// When.
    pub changed_at: DateTime,
}

/// A third-party service (应用服务), as a shop sees it.
#[guarded(inherits)]
#[Object]
impl Service {
    /// The id: that of its plugin.
    async fn id(&self) -> ID {
        ID(self.row.id.clone())
    }

    /// What people call it, in the language of `Accept-Language`.
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(self.row.name().get(RequestContext::of(ctx)?.locale).to_owned())
    }

    /// Who publishes it; null while it is removed.
    async fn publisher(&self) -> Option<&str> {
        self.row.described.as_ref().map(|described| described.publisher.as_str())
    }

    /// The version in use; null while it is removed.
    async fn version(&self) -> Option<&str> {
        self.row.described.as_ref().map(|described| described.version.as_str())
    }

    /// Whether it can be used.
    async fn state(&self) -> State {
        self.row.state()
    }

    /// Its permissions in the order of the permission page, at most 512.
    async fn permissions(&self) -> Vec<ServicePermission> {
        self.row.entries.iter().copied().map(ServicePermission).collect()
    }

    /// Whether the shop has it.
    async fn subscribed(&self) -> bool {
        self.shop.subscribed.contains(&self.row.id)
    }

    /// Codes that became riskier than what the shop agreed to: they count for nobody until the main account subscribes again.
    async fn awaiting_consent(&self) -> Vec<&str> {
        let own = self.row.entries.iter().map(|entry| entry.code);
        own.filter(|code| self.shop.awaiting.iter().any(|waiting| waiting == code)).collect()
    }

    /// What can be set, in the service's order; at most 64.
    async fn settings_schema(&self) -> Vec<ServiceSetting> {
        let fields = self.row.described.as_ref().map_or(&[][..], |described| &described.settings);
        fields.iter().map(ServiceSetting::of).collect()
    }

    /// The tokens that the shop issued to it, the newest first; 100 at most. Null for all but the main account.
    async fn tokens(&self) -> Option<Vec<ServiceToken>> {
        let own = self.shop.tokens.as_ref()?.iter().filter(|token| token.service == self.row.id);
        Some(own.cloned().map(ServiceToken).collect())
    }

    /// What was set: for the whole shop first, then for sub-accounts; 100 at most.
    async fn settings(
        &self,
        #[graphql(desc = "That of this sub-account only.")] sub_account_id: Option<ID>,
    ) -> Vec<ServiceSettings> {
        let wanted: Option<Option<SubAccountId>> = sub_account_id.map(|id| id.as_str().parse().ok());
        let own = self.shop.settings.iter().filter(|row| row.service == self.row.id);
        let fits = own.filter(|row| wanted.is_none_or(|wanted| wanted.is_some() && row.sub_account_id == wanted));
        let mut rows: Vec<_> = fits.collect();
        rows.sort_by_key(|row| row.sub_account_id);
        rows.into_iter().take(100).map(|row| ServiceSettings::of(row, self.shop.shows_values)).collect()
    }
}

impl ServiceSetting {
    fn of(field: &Field) -> Self {
        Self {
            key: field.key.clone(),
            title: field.title.clone(),
            kind: field.kind.text(),
            default: field.default.clone().map(Json),
            schema: field.schema.clone().map(Json),
        }
    }
}

impl ServiceSettings {
    fn of(row: &settings::Row, shows_values: bool) -> Self {
        let mut keys: Vec<String> = row.values.keys().cloned().collect();
        keys.sort();
        Self {
            sub_account_id: row.sub_account_id.map(id),
            keys,
            values: shows_values.then(|| Json(serde_json::Value::Object(row.values.clone()))),
            changed_by: row.changed_by.clone(),
            changed_at: DateTime(row.changed_at),
        }
    }
}

/// What is asked about services.
#[derive(Default)]
pub struct ServiceQuery;

#[guarded]
#[Object]
impl ServiceQuery {
    /// The third-party services of the platform as a shop sees them, by id; at most 100. Those that were removed are among
    /// them while the shop has them (requirements 5.8 and 5.9).
    #[requires(any("service.subscribe", "staff.read"))]
    async fn services(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop; may be left out by whoever acts for one shop only.")] shop_id: Option<ID>,
    ) -> async_graphql::Result<Vec<Service>> {
        let request = RequestContext::of(ctx)?;
        services_of(request, shop_id.as_ref()).await.or_client(request)
    }
}

async fn services_of(request: &RequestContext, shop: Option<&ID>) -> Result<Vec<Service>, Fault> {
    let shop: ShopId = match shop {
        Some(id) => parse(id, "shop")?,
        None => request.shop_or_only(None)?,
    };
    let missing = || Fault::NotFound { what: "shop" };
    let seat = request.actor()?.seat(shop).ok_or_else(missing)?;
    let issues = seat.holds(SERVICE_SUBSCRIBE, request.now);
    if !issues {
        request.read_permit(shop, STAFF_READ).await?;
    }
    let seen = Arc::new({
        let mut conn = request.conn().await?;
        Shop {
            subscribed: codes::services_of(&mut conn, shop).await?,
            awaiting: codes::awaiting_consent(&mut conn, shop).await?,
            settings: settings::of_shop(&mut conn, shop).await?,
            tokens: if issues { Some(tokens::of_shop(&mut conn, shop).await?) } else { None },
            shows_values: seat.is_main(),
        }
    });
    let all = Row::all(&request.actor()?.arbiter).into_iter();
    let shown = all.filter(|row| row.state() != State::Removed || seen.subscribed.contains(&row.id));
    Ok(shown.take(MOST).map(|row| Service { row, shop: Arc::clone(&seen) }).collect())
}

/// A service as a shop sees it after a change.
///
/// # Errors
/// The database's fault.
pub async fn service_of(request: &RequestContext, shop: ShopId, service: &str) -> Result<Option<Service>, Fault> {
    let all = services_of(request, Some(&id(shop))).await?;
    Ok(all.into_iter().find(|one| one.row.id == service))
}
