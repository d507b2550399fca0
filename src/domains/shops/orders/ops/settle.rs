//! `settleOrder`: the buyer's money goes from escrow to the shop's balance, less what was refunded and given to charity. The
//! worker runs it when the time for the buyer to confirm is over; `confirmReceipt` does the same before.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::shops::events;
use crate::domains::shops::orders::model::{Order, State};
use crate::domains::shops::orders::store;
use crate::domains::shops::refunds::store as refunds;
use crate::kernel::Fault;
use crate::kernel::ids::{OrderId, TypedId};

/// Settles an order that is due.
#[derive(Debug, Serialize)]
pub struct SettleOrder {
    /// The order.
    pub order: OrderId,
}

/// The order as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Settled {
    /// The order.
    pub order: Order,
}

impl Command for SettleOrder {
    const NAME: &'static str = "settleOrder";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Settled;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Settled, Fault> {
        // Whatever changed since the worker looked is seen under the lock: a receipt, a refund that was asked for.
        let locked = store::lock(tx.conn, self.order).await?.map(|found| found.order);
        let due = locked.filter(|order| {
            order.state() == State::Paid && order.settled_at.is_none() && order.settle_at.is_some_and(|at| at <= tx.now)
        });
        let order = due.ok_or(Fault::NotFound { what: "order" })?;
        if refunds::open_amount(tx.conn, order.shop_id, order.id).await? > 0 {
            return Err(Fault::NotFound { what: "order" });
        }
        let order = settle(tx, &order).await?;
        tx.record_system("settlement");
        Ok(Settled { order })
    }
}

/// Moves what is left of a locked order that is paid, and not settled, to the shop's balance.
///
/// # Errors
/// The database's fault.
pub(super) async fn settle<E>(tx: &mut Tx<'_>, order: &Order) -> Result<Order, Fault<E>> {
    let (shop, currency) = (order.shop_id, order.currency);
    let mut due = order.refundable();
    due.minor -= order.donation().minor;
    // A sale that gives all of itself away leaves the shop nothing.
    if due.minor > 0 {
        let escrow = ledger::account(tx.conn, shop.uuid(), AccountKind::Escrow, currency).await?;
        let balance = ledger::account(tx.conn, shop.uuid(), AccountKind::Balance, currency).await?;
        ledger::leave(tx, &Movement::new(shop, EntryKind::OrderSettled, order.id, escrow, balance, due, tx.now));
    }
    let settled = store::settled(tx.conn, order, tx.now).await?;
    tx.record(Entry {
        chain: Chain::Shop(shop),
        target: order.id.to_string(),
        permission: None,
        grant: None,
        detail: json!({ "amount": due.decimal() }),
    });
    tx.emit(Event {
        topic: events::ORDER_SETTLED,
        shop: Some(shop),
        payload: json!({ "shop": shop, "order": order.id, "amount": due.decimal(), "currency": currency }),
    });
    Ok(settled)
}
