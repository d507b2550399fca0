//! The only SQL on `shops`; whether the operator may sell is read from `certifications`.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::Shop;
use crate::db::RunQueryDsl;
use crate::db::schema::{permission_epochs, shops};
use crate::domains::payments::Stopped;
use crate::kernel::Currency;
use crate::kernel::ids::{AccountId, ShopId};

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

/// Whose a shop is and whether it sells, in a transaction that lists, sells or takes money.
#[derive(Debug, QueryableByName)]
pub struct Selling {
    /// Its main account.
    #[diesel(sql_type = SqlUuid)]
    pub owner: AccountId,
    /// Whether it is not closed.
    #[diesel(sql_type = Bool)]
    pub open: bool,
    /// Whether its operator failed a review and has not passed one since: then nothing is sold (requirement 2.9).
    #[diesel(sql_type = Bool)]
    pub suspended: bool,
}

impl Selling {
    /// Why nothing is paid to it, if that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<Stopped> {
        match self {
            Self { open: false, .. } => Some(Stopped::Closed),
            Self { suspended: true, .. } => Some(Stopped::Suspended),
            _ => None,
        }
    }
}

/// Closing takes the row for itself: whoever comes at the same time waits, and then sees what became of it.
const SELLING: &str =
    "SELECT s.main_account_id AS owner, s.state = 'OPEN' AS open, EXISTS (SELECT FROM certifications c
        WHERE c.account_id = s.main_account_id AND c.suspended_at IS NOT NULL) AS suspended
    FROM shops s WHERE s.id = $1 FOR SHARE OF s";

/// How a shop sells; it is not closed before this transaction ends.
///
/// # Errors
/// The database's fault.
pub async fn selling(conn: &mut AsyncPgConnection, id: ShopId) -> Sql<Option<Selling>> {
    diesel::sql_query(SELLING).bind::<SqlUuid, _>(id).get_result(conn).await.optional()
}

/// The currency of a shop, if there is such a shop.
///
/// # Errors
/// The database's fault.
pub async fn currency(conn: &mut AsyncPgConnection, id: ShopId) -> Sql<Option<Currency>> {
    shops::table.find(id).select(shops::currency).first(conn).await.optional()
}

/// Says whether refunds of a shop are reviewed before they are approved.
///
/// # Errors
/// The database's fault.
pub async fn set_refund_review(conn: &mut AsyncPgConnection, id: ShopId, review: bool) -> Sql<usize> {
    diesel::update(shops::table.find(id)).set(shops::refund_review.eq(review)).execute(conn).await
}
