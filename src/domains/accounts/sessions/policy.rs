//! When and how a sub-account may log in, by its position (requirement 4.20). The policies are made by `staff`, and decided by
//! [`login`](crate::permissions::login): a manager with an account of their own stands under them with every request.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::{position_login_policies as p, shops, sub_accounts as s};
use crate::kernel::ids::{PositionId, ShopId, SubAccountId};
pub use crate::permissions::login::{Against, Policy, allows};

type Sql<T> = Result<T, diesel::result::Error>;

/// The policy of a sub-account's position, and its shop's time zone.
///
/// # Errors
/// The database's fault.
pub async fn of_sub_account(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    id: SubAccountId,
) -> Sql<(Option<Policy>, String)> {
    let position: PositionId = s::table.find((shop, id)).select(s::position_id).first(conn).await?;
    let policy = p::table.find((shop, position)).select(Policy::as_select()).first(conn).await.optional()?;
    let zone = shops::table.find(shop).select(shops::time_zone).first(conn).await?;
    Ok((policy, zone))
}
