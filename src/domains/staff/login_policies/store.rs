//! The only writing SQL on `position_login_policies`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::position_login_policies as p;
use crate::domains::accounts::sessions::policy::Policy;
use crate::kernel::Instant;
use crate::kernel::ids::{PositionId, ShopId};

type Sql<T> = Result<T, diesel::result::Error>;

/// Puts a policy in the place of the one before.
///
/// # Errors
/// The database's fault.
pub async fn set(
    conn: &mut AsyncPgConnection,
    (shop, position): (ShopId, PositionId),
    policy: &Policy,
    now: Instant,
) -> Sql<usize> {
    let values = (
        p::from_minute.eq(policy.from_minute),
        p::until_minute.eq(policy.until_minute),
        p::days.eq(&policy.days),
        p::clients.eq(&policy.clients),
        p::methods.eq(&policy.methods),
        p::changed_at.eq(now),
    );
    diesel::insert_into(p::table)
        .values((p::shop_id.eq(shop), p::position_id.eq(position), values))
        .on_conflict((p::shop_id, p::position_id))
        .do_update()
        .set(values)
        .execute(conn)
        .await
}

/// The policy of a position, if it has one.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, shop: ShopId, position: PositionId) -> Sql<Option<Policy>> {
    p::table.find((shop, position)).select(Policy::as_select()).first(conn).await.optional()
}
