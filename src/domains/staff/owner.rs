//! The main account of a shop, as this domain needs to know it.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::{accounts, shops};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, ShopId};

/// The main account of a shop.
#[derive(Debug, Clone, Queryable)]
pub struct Owner {
    /// The account.
    pub id: AccountId,
    /// The name it logs in by, which stands before the colon.
    pub login: String,
    /// Whether it can act.
    pub active: bool,
    /// The name of the shop.
    pub shop_name: String,
    /// When the shop was opened.
    pub since: Instant,
}

/// The main account of a shop.
///
/// # Errors
/// The database's fault.
pub async fn of_shop(conn: &mut AsyncPgConnection, shop: ShopId) -> Result<Option<Owner>, diesel::result::Error> {
    Ok(of_shops(conn, &[shop]).await?.pop().map(|(_, owner)| owner))
}

/// The main accounts of shops, in one statement.
///
/// # Errors
/// The database's fault.
pub async fn of_shops(
    conn: &mut AsyncPgConnection,
    ids: &[ShopId],
) -> Result<Vec<(ShopId, Owner)>, diesel::result::Error> {
    shops::table
        .inner_join(accounts::table)
        .filter(shops::id.eq_any(ids))
        .select((
            shops::id,
            (accounts::id, accounts::login, accounts::state.eq("ACTIVE"), shops::name, shops::created_at),
        ))
        .load(conn)
        .await
}
