//! The only SQL on `items`.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::Item;
use crate::db::paging::page_by;
use crate::db::schema::{items, shops};
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

/// A listed item of a shop that is open.
///
/// # Errors
/// The database's fault.
pub async fn listed(conn: &mut AsyncPgConnection, shop: ShopId, id: ItemId) -> Sql<Option<Item>> {
    items::table
        .find((shop, id))
        .filter(items::state.eq("LISTED"))
        .filter(diesel::dsl::exists(shops::table.filter(shops::id.eq(shop).and(shops::state.eq("OPEN")))))
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
