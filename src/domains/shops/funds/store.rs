//! Reads of a shop's money. Writing it is the ledger's.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::kernel::ids::ShopId;

type Sql<T> = Result<T, diesel::result::Error>;

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    minor: i64,
}

const IN_ESCROW: &str = "SELECT coalesce(sum(total_minor - refunded_minor
        - floor(donation_minor::numeric * (total_minor - refunded_minor) / total_minor)), 0)::bigint AS minor
    FROM orders WHERE shop_id = $1 AND state = 'PAID' AND settled_at IS NULL";

/// What waits in the escrow of a shop, in minor units: what is left of paid orders, gifts to charity taken off.
///
/// # Errors
/// The database's fault.
pub async fn in_escrow(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<i64> {
    let sum: Sum = diesel::sql_query(IN_ESCROW).bind::<SqlUuid, _>(shop).get_result(conn).await?;
    Ok(sum.minor)
}
