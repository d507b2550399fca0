//! Shops in the API: the part that this domain knows. Other domains add theirs in the schema root.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use kith_macros::guarded;

use super::loaders::ShopById;
use super::model::Shop;
use crate::domains::shops::items::graphql::{ItemConnection, items_of};
use crate::domains::shops::orders::graphql::{OrderConnection, orders_of};
use crate::domains::shops::refunds::graphql::{RefundConnection, RefundState, refunds_of};
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::{CurrencyCode, DateTime};
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;

/// A shop: what it is, sells, sold and refunds.
pub struct ShopCore(pub Arc<Shop>);

#[guarded]
#[Object]
impl ShopCore {
    /// The id.
    #[requires(login)]
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Its name.
    #[requires(login)]
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The currency of all its amounts.
    #[requires(login)]
    async fn currency(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency)
    }

    /// Its time zone: hours, days and months of limits are counted in it.
    #[requires(login)]
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// When it was opened.
    #[requires(login)]
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// What it sells, the newest first.
    #[requires(login)]
    async fn items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<ItemConnection> {
        let request = RequestContext::of(ctx)?;
        items_of(request, self.0.id, PageArgs { first, after, last, before }).await.or_client(request)
    }

    /// Its sold items (已卖出的宝贝): orders, the newest first.
    #[requires("order.read")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<OrderConnection> {
        let request = RequestContext::of(ctx)?;
        orders_of(ctx, request, self.0.id, PageArgs { first, after, last, before }).await.or_client(request)
    }

    /// Its refunds, the newest first.
    #[requires("refund.read")]
    async fn refunds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Refunds in this state only.")] state: Option<RefundState>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<RefundConnection> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        refunds_of(ctx, request, self.0.id, state, page).await.or_client(request)
    }
}

/// The shop of an id; everybody who is logged in may know what shops there are.
///
/// # Errors
/// The database's fault.
pub async fn shop(request: &RequestContext, shop: ShopId) -> Result<Option<Arc<Shop>>, Fault> {
    request.loaders.of::<ShopById>().load(shop).await
}
