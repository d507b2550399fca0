//! The only SQL on `orders` and `order_deliveries`, with the function `order_give_back` of `migrations/`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::Order;
use crate::db::fixed;
use crate::db::paging::page_by;
use crate::db::schema::{order_deliveries as d, orders, refunds};
use crate::db::{RunQueryDsl, Write};
use crate::domains::shops::refunds::model as refund;
use crate::kernel::ids::{AccountId, OrderId, ShopId};
use crate::kernel::page::{Page, Slice};
use crate::kernel::{Instant, Money};
use crate::permissions::ReadPermit;

type Sql<T> = Result<T, diesel::result::Error>;

/// Adds an order, and the sealed place that it is delivered to, if there is one.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, order: &Order, place: Option<&[u8]>) -> Sql<()> {
    diesel::insert_into(orders::table)
        .values((
            orders::shop_id.eq(order.shop_id),
            orders::id.eq(order.id),
            orders::buyer_account_id.eq(order.buyer_account_id),
            orders::item_id.eq(order.item_id),
            orders::item_title.eq(&order.item_title),
            orders::quantity.eq(order.quantity),
            orders::total_minor.eq(order.total_minor),
            orders::refunded_minor.eq(order.refunded_minor),
            orders::currency.eq(order.currency),
            orders::state.eq(&order.state),
            orders::placed_at.eq(order.placed_at),
            orders::charity_organisation_id.eq(order.charity_organisation_id),
            orders::donation_minor.eq(order.donation_minor),
            orders::settle_at.eq(order.settle_at),
        ))
        .execute(conn)
        .await?;
    if let Some(place) = place {
        let row = (d::shop_id.eq(order.shop_id), d::order_id.eq(order.id), d::place.eq(place));
        diesel::insert_into(d::table).values(row).execute(conn).await?;
    }
    Ok(())
}

/// The sealed places that orders are delivered to.
///
/// # Errors
/// The database's fault.
pub async fn places(conn: &mut AsyncPgConnection, keys: &[(ShopId, OrderId)]) -> Sql<Vec<(OrderId, Vec<u8>)>> {
    let (shops, ids): (Vec<ShopId>, Vec<OrderId>) = keys.iter().copied().unzip();
    let wanted = d::table.filter(d::shop_id.eq_any(shops).and(d::order_id.eq_any(ids)));
    wanted.select((d::order_id, d::place)).load(conn).await
}

/// Orders by id, for records that were seen already.
///
/// # Errors
/// The database's fault.
pub async fn by_ids(conn: &mut AsyncPgConnection, ids: &[OrderId]) -> Sql<Vec<Order>> {
    orders::table.filter(orders::id.eq_any(ids)).select(Order::as_select()).load(conn).await
}

/// Locks an order of a buyer.
///
/// # Errors
/// The database's fault.
pub async fn lock_of_buyer(conn: &mut AsyncPgConnection, id: OrderId, buyer: AccountId) -> Sql<Option<Order>> {
    orders::table
        .filter(orders::id.eq(id).and(orders::buyer_account_id.eq(buyer)))
        .select(Order::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Outermost the columns are named: a statement that is kept would fail once a step of `migrations/` had added another to `*`.
const LOCK_WITH_CATEGORY: &str =
    "SELECT o.shop_id, o.id, o.buyer_account_id, o.item_id, o.item_title, o.quantity, o.total_minor,
        o.refunded_minor, o.currency, o.state, o.placed_at, o.charity_organisation_id, o.donation_minor, o.settle_at,
        o.settled_at, o.donation_paid_minor, coalesce(i.category, 'general') AS category
    FROM (SELECT * FROM orders WHERE id = $1 FOR UPDATE) o
    LEFT JOIN items i ON i.shop_id = o.shop_id AND i.id = o.item_id";

/// An order, and the category of what was bought.
#[derive(Debug, QueryableByName)]
pub struct Categorised {
    /// The order.
    #[diesel(embed)]
    pub order: Order,
    /// The category of its item.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub category: String,
}

/// Locks an order, whoever bought it.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: OrderId) -> Sql<Option<Categorised>> {
    diesel::sql_query(LOCK_WITH_CATEGORY).bind::<diesel::sql_types::Uuid, _>(id).get_result(conn).await.optional()
}

/// Notes that an order is paid, and when its money is the shop's at the latest; nothing when it did not wait for that.
///
/// # Errors
/// The database's fault.
pub async fn paid(conn: &mut AsyncPgConnection, shop: ShopId, id: OrderId, settle_at: Instant) -> Sql<Option<Order>> {
    diesel::update(orders::table.find((shop, id)).filter(orders::state.eq("AWAITING_PAYMENT")))
        .set((orders::state.eq("PAID"), orders::settle_at.eq(settle_at)))
        .returning(Order::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Orders whose money is due to their shops and about which no refund is open; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn to_settle(conn: &mut AsyncPgConnection, now: Instant) -> Sql<Vec<OrderId>> {
    let asked = refunds::table.filter(
        refunds::shop_id
            .eq(orders::shop_id)
            .and(refunds::order_id.eq(orders::id))
            .and(refunds::state.eq_any(refund::State::OPEN)),
    );
    orders::table
        .filter(orders::state.eq(fixed("PAID")).and(orders::settled_at.is_null()).and(orders::settle_at.le(now)))
        .filter(diesel::dsl::not(diesel::dsl::exists(asked)))
        .order((orders::settle_at, orders::id))
        .limit(100)
        .select(orders::id)
        .load(conn)
        .await
}

/// Notes that the money of a locked order is the shop's.
///
/// # Errors
/// The database's fault.
pub async fn settled(conn: &mut AsyncPgConnection, order: &Order, now: Instant) -> Sql<Order> {
    diesel::update(orders::table.find((order.shop_id, order.id)))
        .set(orders::settled_at.eq(now))
        .returning(Order::as_returning())
        .get_result(conn)
        .await
}

mod sql {
    use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};

    diesel::define_sql_function! {
        /// Notes that an amount of an order was given back.
        fn order_give_back(shop: SqlUuid, id: SqlUuid, amount: BigInt) -> Bool;
    }

    diesel::define_sql_function! {
        /// The same for many, no two alike.
        fn orders_give_back(shops: Array<SqlUuid>, ids: Array<SqlUuid>, amounts: Array<BigInt>) -> Bool;
    }
}

/// The constraint that breaks when more is given back than is left of an order.
pub const ROOM: &str = "orders_room";

/// Notes that `amount` of an order was given back. Breaks [`ROOM`] if that much is not left of it (h10).
#[must_use]
pub fn give_back(shop: ShopId, id: OrderId, amount: Money) -> impl Write {
    sql::order_give_back(shop, id, amount.minor)
}

/// The same for many orders, no two alike.
#[must_use]
pub fn give_back_all(orders: &[(ShopId, OrderId, Money)]) -> impl Write + use<> {
    sql::orders_give_back(
        orders.iter().map(|(shop, ..)| *shop).collect::<Vec<_>>(),
        orders.iter().map(|(_, id, _)| *id).collect::<Vec<_>>(),
        orders.iter().map(|(.., amount)| amount.minor).collect::<Vec<_>>(),
    )
}

/// A page of the orders of a shop, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(conn: &mut AsyncPgConnection, permit: ReadPermit, page: &Page<OrderId>) -> Sql<Slice<Order>> {
    let query = orders::table.filter(orders::shop_id.eq(permit.shop)).select(Order::as_select()).into_boxed();
    page_by!(conn, query, orders::id, newest_first, page)
}

/// A page of the orders of a buyer, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page_of_buyer(conn: &mut AsyncPgConnection, buyer: AccountId, page: &Page<OrderId>) -> Sql<Slice<Order>> {
    let query = orders::table.filter(orders::buyer_account_id.eq(buyer)).select(Order::as_select()).into_boxed();
    page_by!(conn, query, orders::id, newest_first, page)
}

/// A page of the orders of several buyers together, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page_of_buyers(
    conn: &mut AsyncPgConnection,
    buyers: &[AccountId],
    page: &Page<OrderId>,
) -> Sql<Slice<Order>> {
    let query = orders::table.filter(orders::buyer_account_id.eq_any(buyers)).select(Order::as_select()).into_boxed();
    page_by!(conn, query, orders::id, newest_first, page)
}
