//! Shops in the API: the part that this domain knows. Other domains add theirs in the schema root.

use std::sync::Arc;

use async_graphql::{Context, ID, Lookahead, Object};
use kith_macros::guarded;

use super::loaders::ShopById;
use super::model::Shop;
use crate::domains::shops::decorations::graphql::{Decoration, DecorationVersion, decoration, history};
use crate::domains::shops::items::graphql::{ItemConnection, items_of};
use crate::domains::shops::orders::graphql::{OrderConnection, orders_of};
use crate::domains::shops::refunds::graphql::{RefundConnection, RefundState, refunds_of};
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::{CurrencyCode, DateTime};
use crate::graphql::shown::Shown;
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;

/// A shop: what it is, sells, sold and refunds. There is such a shop; its record is read when a column of it is shown.
pub struct ShopCore(pub ShopId);

impl ShopCore {
    async fn row(&self, ctx: &Context<'_>) -> async_graphql::Result<Arc<Shop>> {
        let request = RequestContext::of(ctx)?;
        let row = request.loaders.of::<ShopById>().load(self.0).await.or_client(request)?;
        row.ok_or_else(|| Fault::internal("a shop without its record")).or_client(request)
    }
}

#[guarded]
#[Object]
impl ShopCore {
    /// The id.
    #[requires(login)]
    pub async fn id(&self) -> ID {
        id(self.0)
    }

    /// Its name.
    #[requires(login)]
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(self.row(ctx).await?.name.clone())
    }

    /// The currency of all its amounts.
    #[requires(login)]
    async fn currency(&self, ctx: &Context<'_>) -> async_graphql::Result<CurrencyCode> {
        Ok(CurrencyCode(self.row(ctx).await?.currency))
    }

    /// Its time zone: hours, days and months of limits are counted in it.
    #[requires(login)]
    async fn time_zone(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(self.row(ctx).await?.time_zone.clone())
    }

    /// When it was opened.
    #[requires(login)]
    async fn opened_at(&self, ctx: &Context<'_>) -> async_graphql::Result<DateTime> {
        Ok(DateTime(self.row(ctx).await?.created_at))
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
    ) -> async_graphql::Result<Shown<ItemConnection>> {
        let request = RequestContext::of(ctx)?;
        items_of(request, self.0, PageArgs { first, after, last, before }).await.map(Shown).or_client(request)
    }

    /// What its pages look like (店铺装修): the newest version, or another.
    #[requires(login)]
    async fn decoration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version; the newest when it is left out.")] version: Option<i32>,
    ) -> async_graphql::Result<Option<Decoration>> {
        let request = RequestContext::of(ctx)?;
        decoration(request, self.0, version).await.or_client(request)
    }

    /// The versions of its pages, the newest first; at most 100.
    #[requires("decoration.update")]
    async fn decoration_history(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<DecorationVersion>> {
        let request = RequestContext::of(ctx)?;
        history(request, self.0).await.or_client(request)
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
    ) -> async_graphql::Result<Shown<OrderConnection>> {
        let request = RequestContext::of(ctx)?;
        orders_of(ctx, request, self.0, PageArgs { first, after, last, before }).await.map(Shown).or_client(request)
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
    ) -> async_graphql::Result<Shown<RefundConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        refunds_of(ctx, request, self.0, state, page).await.map(Shown).or_client(request)
    }
}

/// The shop of an id, if there is one; everybody who is logged in may know what shops there are. Whoever has a seat in it
/// knows that there is, so it is read only when the selection `below` shows a column of it.
///
/// # Errors
/// The database's fault.
pub async fn shop(request: &RequestContext, shop: ShopId, below: &Lookahead<'_>) -> Result<Option<ShopCore>, Fault> {
    let columns = ["name", "currency", "timeZone", "openedAt"];
    if request.actor()?.seat(shop).is_some() && !columns.iter().any(|column| below.field(column).exists()) {
        return Ok(Some(ShopCore(shop)));
    }
    Ok(request.loaders.of::<ShopById>().one(request.db(), shop).await?.map(|row| ShopCore(row.id)))
}
