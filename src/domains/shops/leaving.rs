//! When a person goes (h36): a closed shop keeps its records, an order where it was bought; where it went is forgotten.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::schema::{order_deliveries as d, orders as o};
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, OrderId};

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: None, forget };

fn forget(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move {
        let bought: Vec<OrderId> = o::table.filter(o::buyer_account_id.eq(account)).select(o::id).load(conn).await?;
        diesel::delete(d::table.filter(d::order_id.eq_any(bought))).execute(conn).await?;
        Ok(())
    }
    .boxed()
}
