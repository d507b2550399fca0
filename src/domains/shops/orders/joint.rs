//! Bought items of accounts that their owner associated, in one list (requirement 1.6).

use std::sync::Arc;

use async_graphql::{Context, Object};
use kith_macros::guarded;

use super::graphql::{Order, OrderConnection};
use super::store;
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::accounts::own;
use crate::domains::association::links::store as links;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::shown::Shown;
use crate::kernel::Fault;

/// Whoever is logged in: the orders of this account and of those it is associated with.
pub struct ViewerJointOrders;

#[guarded]
#[Object]
impl ViewerJointOrders {
    /// Bought items of this account and of every account it is associated with, the newest first; `buyer` says whose. An
    /// association that ended shows nothing any more with the next request.
    #[requires(account)]
    async fn joint_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<OrderConnection>> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        page(ctx, request, args).await.map(Shown).or_client(request)
    }
}

async fn page(ctx: &Context<'_>, request: &RequestContext, args: PageArgs) -> Result<OrderConnection, Fault> {
    let own = own::of_request(request)?;
    let page = args.read()?;
    let slice = {
        let mut conn = request.conn().await?;
        let mut buyers = links::accepted(&mut conn, own).await?;
        buyers.push(own);
        store::page_of_buyers(&mut conn, &buyers, &page).await?
    };
    if ctx.look_ahead().field("edges").field("node").field("buyer").exists() {
        let buyers = slice.rows.iter().map(|row| row.buyer_account_id);
        request.loaders.of::<AccountById>().prime_from(request.db(), buyers).await?;
    }
    Ok(OrderConnection::new(slice, |row| row.id, |row| Order(Arc::new(row))))
}
