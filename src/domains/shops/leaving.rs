//! When a person goes (h36): a closed shop keeps its records, an order where it was bought; where it went is forgotten. What may
//! still be refunded keeps its payer, because it would come back to nobody.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::schema::{order_deliveries as d, orders as o};
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::ids::{AccountId, OrderId};
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: Some(stays), forget };

/// Whether money of orders may come back to an account: it paid them, or bought what nobody paid for here.
const MAY_COME_BACK: &str = "
WITH theirs AS (
    SELECT p.shop_id, p.subject AS order_id FROM payments p
    WHERE p.payer_account_id = $1 AND p.purpose = 'ORDER' AND p.state = 'CAPTURED'
    UNION ALL
    SELECT o.shop_id, o.id FROM orders o
    WHERE o.buyer_account_id = $1 AND o.state <> 'AWAITING_PAYMENT' AND NOT EXISTS (
        SELECT FROM payments p WHERE p.shop_id = o.shop_id AND p.subject = o.id AND p.state = 'CAPTURED')
)
SELECT
    EXISTS (SELECT FROM theirs t JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
            WHERE o.state = 'PAID' AND o.settled_at IS NULL) AS unsettled,
    EXISTS (SELECT FROM theirs t JOIN refunds r ON r.shop_id = t.shop_id AND r.order_id = t.order_id
            WHERE r.state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL')) AS asked";

#[derive(QueryableByName)]
struct MayComeBack {
    #[diesel(sql_type = Bool)]
    unsettled: bool,
    #[diesel(sql_type = Bool)]
    asked: bool,
}

fn stays(conn: &mut AsyncPgConnection, account: AccountId) -> BoxFuture<'_, Sql<Option<Text>>> {
    async move {
        let found: MayComeBack =
            diesel::sql_query(MAY_COME_BACK).bind::<SqlUuid, _>(account).get_result(conn).await?;
        Ok(match found {
            MayComeBack { asked: true, .. } => Some(Text::new(
                "Wait until the refunds of what you paid are decided: the money would come back to nobody.",
                "请等待您所付订单的退款处理完成,否则退款将无人可领取。",
            )),
            MayComeBack { unsettled: true, .. } => Some(Text::new(
                "Wait until the orders that you paid are settled, or have their receipt confirmed (confirmReceipt): a refund \
                 would come back to nobody.",
                "请等待您所付订单结算,或先确认收货(confirmReceipt),否则退款将无人可领取。",
            )),
            MayComeBack { .. } => None,
        })
    }
    .boxed()
}

fn forget(conn: &mut AsyncPgConnection, account: AccountId, _now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move {
        let bought: Vec<OrderId> = o::table.filter(o::buyer_account_id.eq(account)).select(o::id).load(conn).await?;
        diesel::delete(d::table.filter(d::order_id.eq_any(bought))).execute(conn).await?;
        Ok(())
    }
    .boxed()
}
