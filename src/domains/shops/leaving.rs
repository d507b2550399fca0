//! When a person goes (h36): a closed shop keeps its records, an order where it was bought; where it went is forgotten. What may
//! soon be refunded keeps its payer, who would lose it; not for ever, because others may never decide: what comes back after that
//! goes to its card, or is set aside (`payments::balance`).

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::db::RunQueryDsl;
use crate::db::schema::{order_deliveries as d, orders as o};
use crate::domains::accounts::account::leaving::Leaving;
use crate::domains::payments::leaving::DECIDED_WITHIN;
use crate::kernel::ids::{AccountId, OrderId};
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: Some(stays), forget };

/// Until when money may soon come back to an account: it paid orders, or bought what nobody paid for here; and whether its shops hold
/// money. Orders whose time is over settle by themselves, unless a refund is open: that is asked for beside.
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
    (SELECT max(o.settle_at) FROM theirs t JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
     WHERE o.state = 'PAID' AND o.settled_at IS NULL AND o.settle_at > $2) AS settles_at,
    (SELECT max(r.requested_at) FROM theirs t JOIN refunds r ON r.shop_id = t.shop_id AND r.order_id = t.order_id
     WHERE r.state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL') AND r.requested_at > $3) AS asked_at,
    EXISTS (SELECT FROM shops s JOIN ledger_accounts a ON a.owner_id = s.id AND a.kind = 'BALANCE'
            WHERE s.main_account_id = $1 AND s.state = 'CLOSED' AND a.balance_minor > 0) AS funds";

#[derive(QueryableByName)]
struct MayComeBack {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    settles_at: Option<Instant>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    asked_at: Option<Instant>,
    #[diesel(sql_type = Bool)]
    funds: bool,
}

fn stays(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> BoxFuture<'_, Sql<Option<Text>>> {
    async move {
        let found: MayComeBack = diesel::sql_query(MAY_COME_BACK)
            .bind::<SqlUuid, _>(account)
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(now - DECIDED_WITHIN)
            .get_result(conn)
            .await?;
        let day = |at: Instant| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        Ok(match found {
            MayComeBack { asked_at: Some(at), .. } => {
                let day = day(at + DECIDED_WITHIN);
                Some(Text::made(
                    format!(
                        "Wait until the refunds of what you paid are decided: the money would come back to nobody. If the shop does \
                         not decide, you can go after {day}."
                    ),
                    format!("请等待您所付订单的退款处理完成,否则退款将无人可领取。若商家未处理,可在 {day} 之后注销。"),
                ))
            }
            MayComeBack { settles_at: Some(at), .. } => {
                let day = day(at);
                Some(Text::made(
                    format!(
                        "Wait until the orders that you paid are settled, at {day} at the latest, or have their receipt confirmed \
                         (confirmReceipt): a refund would come back to nobody."
                    ),
                    format!(
                        "请等待您所付订单结算(最迟 {day}),或先确认收货(confirmReceipt),否则退款将无人可领取。"
                    ),
                ))
            }
            MayComeBack { funds: true, .. } => Some(Text::new(
                "Withdraw what is left on the balance of your closed shops first (withdrawFunds): nobody else can.",
                "请先提取已关闭店铺的余额(withdrawFunds),注销后将无人可提取。",
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
