//! Orders in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::loaders::{OrderById, PlaceOfOrder};
use super::model::{Order as Row, State};
use super::store;
use crate::connection;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::accounts::addresses::model::Place;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::{DateTime, Money};
use crate::graphql::shown::Shown;
use crate::kernel::ids::{AccountId, OrderId, ShopId};
use crate::kernel::{Fault, Subject};
use crate::permissions::catalogue::number;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "State", name = "OrderState")]
pub enum OrderState {
    /// Nobody has paid it yet.
    AwaitingPayment,
    /// It is paid.
    Paid,
    /// All of it was given back.
    Refunded,
}

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

    /// Where it stands.
    async fn state(&self) -> OrderState {
        self.0.state().into()
    }

    /// What is to be paid, or was.
    async fn total(&self) -> Money {
        self.0.total().into()
    }

    /// What was given back so far.
    async fn refunded(&self) -> Money {
        self.0.refunded().into()
    }

    /// What stands of its gift to charity; zero for most.
    async fn donation(&self) -> Money {
        self.0.donation().into()
    }

    /// To whom it gives, if it is the sale of a charity item.
    async fn charity_organisation_id(&self) -> Option<ID> {
        self.0.charity_organisation_id.map(id)
    }

    /// When its money became the shop's; nothing while it waits in escrow.
    async fn settled_at(&self) -> Option<DateTime> {
        self.0.settled_at.map(DateTime)
    }

    /// When it becomes the shop's unless the buyer confirms the receipt before, or a refund is open then.
    async fn settles_at(&self) -> Option<DateTime> {
        self.0.settle_at.filter(|_| self.0.settled_at.is_none()).map(DateTime)
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime {
        DateTime(self.0.placed_at)
    }

    /// Where it is delivered to; nothing when no address was named, or for whoever is neither the buyer nor may read the
    /// shop's orders.
    async fn delivery(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Delivery>> {
        let request = RequestContext::of(ctx)?;
        delivery(request, &self.0).await.or_client(request)
    }
}

/// Where an order is delivered to, as it was when the order was placed.
#[guarded(inherits)]
#[derive(SimpleObject)]
#[graphql(name = "OrderDelivery")]
pub struct Delivery {
    /// Who takes the parcel in.
    pub recipient: String,
    /// Their phone number with most of it hidden.
    pub masked_phone: String,
    /// Province, city, district.
    pub region: String,
    /// Street, house, room.
    pub street: String,
    /// The postal code, if there is one.
    pub postal_code: Option<String>,
}

async fn delivery(request: &RequestContext, order: &Row) -> Result<Option<Delivery>, Fault> {
    // Others see orders too, as with joint ones: that says nothing about where somebody lives.
    if !may_see(request, order).await {
        return Ok(None);
    }
    let found = request.loaders.of::<PlaceOfOrder>().one(request.db(), (order.shop_id, order.id)).await?;
    let Some(sealed) = found else { return Ok(None) };
    let place = Place::open(&request.door.env.keys, &sealed).map_err(Fault::internal)?;
    let masked_phone = place.masked_phone();
    let Place { recipient, region, street, postal_code, .. } = place;
    Ok(Some(Delivery { recipient, masked_phone, region, street, postal_code }))
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
    let Some(row) = row else { return Ok(None) };
    Ok(may_see(request, &row).await.then_some(Order(row)))
}

async fn may_see(request: &RequestContext, order: &Row) -> bool {
    is_buyer(request, order.buyer_account_id) || request.may_read(order.shop_id, const { number("order.read") }).await
}

/// Whether the actor is the account itself.
#[must_use]
pub fn is_buyer(request: &RequestContext, buyer: AccountId) -> bool {
    request.actor().is_ok_and(|actor| actor.subject == Subject::Account { id: buyer })
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
