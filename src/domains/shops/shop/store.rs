//! The only SQL on `shops`.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::Shop;
use crate::db::schema::{permission_epochs, shops};
use crate::kernel::Currency;
use crate::kernel::ids::ShopId;

type Sql<T> = Result<T, diesel::result::Error>;

/// Adds a shop, with the epoch of its permissions.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, shop: &Shop) -> Sql<()> {
    diesel::insert_into(shops::table)
        .values((
            shops::id.eq(shop.id),
            shops::main_account_id.eq(shop.main_account_id),
            shops::name.eq(&shop.name),
            shops::currency.eq(shop.currency),
            shops::time_zone.eq(&shop.time_zone),
            shops::state.eq(&shop.state),
            shops::created_at.eq(shop.created_at),
        ))
        .execute(conn)
        .await?;
    diesel::insert_into(permission_epochs::table)
        .values((permission_epochs::shop_id.eq(shop.id), permission_epochs::epoch.eq(1_i64)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Shops by id.
///
/// # Errors
/// The database's fault.
pub async fn by_ids(conn: &mut AsyncPgConnection, ids: &[ShopId]) -> Sql<Vec<Shop>> {
    shops::table.filter(shops::id.eq_any(ids)).select(Shop::as_select()).load(conn).await
}

/// Whether a shop sells: it is there and not closed.
///
/// # Errors
/// The database's fault.
pub async fn is_open(conn: &mut AsyncPgConnection, id: ShopId) -> Sql<bool> {
    diesel::select(diesel::dsl::exists(shops::table.find(id).filter(shops::state.eq("OPEN")))).get_result(conn).await
}

/// The currency of a shop, if there is such a shop.
///
/// # Errors
/// The database's fault.
pub async fn currency(conn: &mut AsyncPgConnection, id: ShopId) -> Sql<Option<Currency>> {
    shops::table.find(id).select(shops::currency).first(conn).await.optional()
}
