//! Orders in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::loaders::OrderById;
use super::model::Order as Row;
use super::ops::place::PlaceOrder;
use super::store;
use crate::connection;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::account::loaders::AccountById;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::{DateTime, Money};
use crate::graphql::shown::Shown;
use crate::kernel::ids::{AccountId, OrderId, ShopId};
use crate::kernel::{Fault, Subject};
use crate::permissions::catalogue::number;

/// A buyer's order.
pub struct Order(pub Arc<Row>);

/// A buyer's order.
#[guarded(inherits)]
#[Object]
impl Order {
    /// The id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The shop it was placed in.
    async fn shop_id(&self) -> ID {
        id(self.0.shop_id)
    }

    /// Who placed it.
    async fn buyer(&self, ctx: &Context<'_>) -> async_graphql::Result<Account> {
        let request = RequestContext::of(ctx)?;
        account(request, self.0.buyer_account_id).await.or_client(request)
    }

    /// What was bought, as it was called then.
    async fn item_title(&self) -> &str {
        &self.0.item_title
    }

    /// How many pieces.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// What was paid.
    async fn total(&self) -> Money {
        self.0.total().into()
    }

    /// What was given back so far.
    async fn refunded(&self) -> Money {
        self.0.refunded().into()
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime {
        DateTime(self.0.placed_at)
    }
}

connection!(
    /// A page of orders.
    OrderConnection,
    OrderEdge,
    Order
);

/// A page of the sold items of a shop.
///
/// # Errors
/// A denial, bad page arguments, or the database's fault.
pub async fn orders_of(
    ctx: &Context<'_>,
    request: &RequestContext,
    shop: ShopId,
    args: PageArgs,
) -> Result<OrderConnection, Fault> {
    let permit = request.read_permit(shop, const { number("order.read") }).await?;
    let page = args.read()?;
    let slice = {
        let mut conn = request.conn().await?;
        store::page(&mut conn, permit, &page).await?
    };
    if ctx.look_ahead().field("edges").field("node").field("buyer").exists() {
        let buyers = slice.rows.iter().map(|row| row.buyer_account_id);
        request.loaders.of::<AccountById>().prime_from(request.db(), buyers).await?;
    }
    Ok(OrderConnection::new(slice, |row| row.id, |row| Order(Arc::new(row))))
}

/// A page of the bought items of an account.
///
/// # Errors
/// Bad page arguments, or the database's fault.
pub async fn orders_of_buyer(
    request: &RequestContext,
    buyer: AccountId,
    args: PageArgs,
) -> Result<OrderConnection, Fault> {
    let page = args.read()?;
    let mut conn = request.conn().await?;
    let slice = store::page_of_buyer(&mut conn, buyer, &page).await?;
    Ok(OrderConnection::new(slice, |row| row.id, |row| Order(Arc::new(row))))
}

/// The order of an id, if the actor may see it: as its buyer, or with `order.read` in its shop.
///
/// # Errors
/// The database's fault.
pub async fn node(request: &RequestContext, order: OrderId) -> Result<Option<Order>, Fault> {
    let row = request.loaders.of::<OrderById>().one(request.db(), order).await?;
    Ok(row
        .filter(|row| {
            is_buyer(request, row.buyer_account_id) || request.may_read(row.shop_id, const { number("order.read") })
        })
        .map(Order))
}

/// Whether the actor is the account itself.
#[must_use]
pub fn is_buyer(request: &RequestContext, buyer: AccountId) -> bool {
    request.actor().is_ok_and(|actor| actor.subject == Subject::Account { id: buyer })
}

/// Something to buy.
#[derive(InputObject)]
pub struct PlaceOrderInput {
    /// The shop.
    pub shop_id: ID,
    /// The item.
    pub item_id: ID,
    /// How many pieces: 1 to 100.
    #[graphql(default = 1)]
    pub quantity: i32,
}

/// What was bought.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PlaceOrderPayload {
    /// The new order.
    pub order: Option<Order>,
    /// Why nothing was bought.
    pub user_errors: Vec<UserError>,
}

/// Orders.
#[derive(Default)]
pub struct OrderMutation;

#[guarded]
#[Object]
impl OrderMutation {
    /// Buys pieces of an item and pays for them from outside. Needs `@idempotent`. Codes: `QUANTITY_INVALID`,
    /// `OWN_SHOP`, `INVALID_AMOUNT`.
    #[requires(account)]
    async fn place_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PlaceOrderInput,
    ) -> async_graphql::Result<PlaceOrderPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = parse(&input.shop_id, "shop").or_client(request)?;
        let item = parse(&input.item_id, "item").or_client(request)?;
        let command = PlaceOrder { shop, item, quantity: input.quantity };
        let (order, user_errors) = execute(ctx, command).await?.split(|placed| Order(Arc::new(placed.order)));
        Ok(PlaceOrderPayload { order, user_errors })
    }
}

/// Whoever is logged in: their own orders.
pub struct ViewerOrders;

#[guarded]
#[Object]
impl ViewerOrders {
    /// Bought items (已买到的宝贝), the newest first. Never for sub-accounts (requirement 4.13).
    #[requires(account)]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<OrderConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        let own = async {
            match request.actor()?.subject {
                Subject::Account { id } => orders_of_buyer(request, id, page).await,
                Subject::SubAccount { .. } => Err(Fault::Unauthenticated),
            }
        };
        own.await.map(Shown).or_client(request)
    }
}
