//! The only SQL on `items`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::Item;
use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::items;
use crate::kernel::Money;
use crate::kernel::ids::{ItemId, ShopId};
use crate::kernel::page::{Page, Slice};

type Sql<T> = Result<T, diesel::result::Error>;

/// Puts an item on sale.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, item: &Item) -> Sql<usize> {
    diesel::insert_into(items::table)
        .values((
            items::shop_id.eq(item.shop_id),
            items::id.eq(item.id),
            items::title.eq(&item.title),
            items::price_minor.eq(item.price_minor),
            items::currency.eq(item.currency),
            items::state.eq(&item.state),
            items::created_at.eq(item.created_at),
            items::category.eq(&item.category),
        ))
        .execute(conn)
        .await
}

/// A listed item of a shop.
///
/// # Errors
/// The database's fault.
pub async fn listed(conn: &mut AsyncPgConnection, shop: ShopId, id: ItemId) -> Sql<Option<Item>> {
    items::table
        .find((shop, id))
        .filter(items::state.eq("LISTED"))
        .select(Item::as_select())
        .first(conn)
        .await
        .optional()
}

/// A page of the listed items of a shop, the newest first. Items are public.
///
/// # Errors
/// The database's fault.
pub async fn page(conn: &mut AsyncPgConnection, shop: ShopId, page: &Page<ItemId>) -> Sql<Slice<Item>> {
    let query = items::table
        .filter(items::shop_id.eq(shop).and(items::state.eq("LISTED")))
        .select(Item::as_select())
        .into_boxed();
    page_by!(conn, query, items::id, newest_first, page)
}

/// Locks a listed item, in whatever shop it is.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: ItemId) -> Sql<Option<Item>> {
    items::table
        .filter(items::id.eq(id).and(items::state.eq("LISTED")))
        .select(Item::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Changes the price of a locked item.
///
/// # Errors
/// The database's fault.
pub async fn set_price(conn: &mut AsyncPgConnection, item: &Item, price: Money) -> Sql<usize> {
    let row = items::table.find((item.shop_id, item.id));
    diesel::update(row).set(items::price_minor.eq(price.minor)).execute(conn).await
}

/// Changes what a locked item gives.
///
/// # Errors
/// The database's fault.
pub async fn set_charity(conn: &mut AsyncPgConnection, item: &Item) -> Sql<usize> {
    diesel::update(items::table.find((item.shop_id, item.id)))
        .set((
            items::charity_organisation_id.eq(item.charity_organisation_id),
            items::charity_share_bp.eq(item.charity_share_bp),
            items::charity_amount_minor.eq(item.charity_amount_minor),
        ))
        .execute(conn)
        .await
}

/// Takes a locked item off sale for good. Its row stays, for what was sold.
///
/// # Errors
/// The database's fault.
pub async fn delete(conn: &mut AsyncPgConnection, item: &Item) -> Sql<usize> {
    diesel::update(items::table.find((item.shop_id, item.id))).set(items::state.eq("DELETED")).execute(conn).await
}
