//! `compensateFromDeposit`: a buyer won a dispute (requirement 2.12). The platform decides it.
//!
//! It is a refund that the platform decides: it goes to whoever paid, to their method, and counts against the order and its
//! payment, so that compensations and refunds together never come to more than was paid (requirement 0.13, h10). While the
//! buyer's money is in escrow it comes from there; once the order is settled, the deposit pays. Open requests for more than is left
//! then are overtaken: they are closed with it, so that they hold up neither the settlement nor what the buyer may still ask for.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{DepositRefusal, Standing};
use super::super::store;
use super::amount;
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::payments::{PaymentRefusal, ledger};
use crate::domains::shops::events;
use crate::domains::shops::orders::model::State;
use crate::domains::shops::orders::store as orders;
use crate::domains::shops::refunds::model::{Refund, is_reason, overtaken};
use crate::domains::shops::refunds::ops::approve::event;
use crate::domains::shops::refunds::ops::pay_back::{Source, pay_back};
use crate::domains::shops::refunds::store as refunds;
use crate::kernel::ids::{OrderId, RefundId};
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Fault, Subject};
use crate::permissions::catalogue::number;

/// Compensates whoever paid an order.
#[derive(Debug, Serialize)]
pub struct Compensate {
    /// The order that the dispute was about.
    pub order: OrderId,
    /// How much, as written.
    pub amount: WrittenAmount,
    /// Why, in words that both sides read.
    pub reason: String,
}

/// What went back, and how the deposit stands now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compensated {
    /// The refund that the platform decided.
    pub refund: Refund,
    /// The deposit.
    pub standing: Standing,
}

impl Command for Compensate {
    const NAME: &'static str = "compensateFromDeposit";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Compensated;
    type Refusal = DepositRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Compensated, Fault<DepositRefusal>> {
        let permission = const { number("platform.deposit.manage") };
        tx.permit_platform(permission, &self.order)?;
        let by = tx.actor()?.subject;
        let missing = Fault::NotFound { what: "order" };
        let Some(shop) = orders::by_ids(tx.conn, &[self.order]).await?.first().map(|order| order.shop_id) else {
            return Err(missing);
        };
        refunds::lock_open(tx.conn, shop, self.order).await?;
        let Some(found) = orders::lock(tx.conn, self.order).await? else { return Err(missing) };
        let order = found.order;
        if order.state() == State::AwaitingPayment {
            return Err(Fault::Refused(DepositRefusal::OrderNotPaid));
        }
        if !is_reason(&self.reason) {
            return Err(Fault::Refused(DepositRefusal::ReasonInvalid));
        }
        let money = amount(&self.amount, order.currency)?;
        let left = order.refundable();
        if money.minor > left.minor {
            return Err(Fault::Refused(DepositRefusal::ExceedsOrder { left }));
        }
        let open = refunds::lock_open_at_once(tx.conn, shop, order.id).await?;
        let decided = Refund { by_platform: true, ..Refund::asked(&order, money, &self.reason, tx.now) };
        refunds::insert(tx.conn, &decided).await?;
        let locked = refunds::lock(tx.conn, decided.id).await?;
        let locked = locked.ok_or_else(|| Fault::internal("a refund that was just written is not there"))?;
        let mut standing = store::standing(tx.conn, shop, money.currency).await?;
        let from = if locked.settled { Source::Deposit } else { Source::Shop };
        if from == Source::Deposit {
            // What comes back from charity is a part of what the deposit gives.
            let taken = money.minor - locked.taken_back().map_or(0, |back| back.money.minor);
            if taken > standing.held.minor {
                return Err(Fault::Refused(DepositRefusal::TooLow { held: Some(standing.held) }));
            }
            standing.held.minor -= taken;
        }
        let (refund, movement) = pay_back(tx, &locked, by, from).await?;
        let missing = standing.missing();
        if from == Source::Deposit {
            tx.emit(Event {
                topic: events::DEPOSIT_COMPENSATED,
                shop: Some(shop),
                payload: json!({
                    "shop": shop, "amount": money.decimal(), "currency": money.currency,
                    "missing": (missing.minor > 0).then(|| missing.decimal()),
                }),
            });
        }
        tx.emit(event(events::REFUND_APPROVED, &refund));
        let closed = close_overtaken(tx, overtaken(open, left.minor - money.minor), by).await?;
        tx.record(Entry {
            chain: Chain::Shop(shop),
            target: self.order.to_string(),
            permission: Some(permission),
            grant: None,
            detail: json!({
                "amount": money.decimal(), "reason": self.reason, "missing": missing.decimal(),
                "refund": refund.id, "overtaken": closed, ledger::DETAIL_KEY: ledger::audit_detail(&movement),
            }),
        });
        Ok(Compensated { refund, standing })
    }

    fn broken(constraint: &str) -> Option<DepositRefusal> {
        match constraint {
            // Somebody else was compensated from it at the same time.
            ledger::NOT_BELOW_ZERO => Some(DepositRefusal::TooLow { held: None }),
            ledger::FULL => Some(DepositRefusal::Payment(PaymentRefusal::BalanceFull)),
            _ => None,
        }
    }
}

/// Closes the requests that the platform was quicker than, and tells their buyer and the shop; gives their ids, for the record.
async fn close_overtaken(
    tx: &mut Tx<'_>,
    requests: Vec<Refund>,
    by: Subject,
) -> Result<Vec<RefundId>, Fault<DepositRefusal>> {
    let mut closed = Vec::with_capacity(requests.len());
    for request in requests {
        let refund = refunds::overtake(tx.conn, &request, by, tx.now).await?;
        tx.emit(Event {
            topic: events::REFUND_OVERTAKEN,
            shop: Some(refund.shop_id),
            payload: json!({
                "shop": refund.shop_id, "refund": refund.id, "amount": refund.money().decimal(),
                "currency": refund.currency, "accounts": [refund.buyer_account_id],
            }),
        });
        closed.push(refund.id);
    }
    Ok(closed)
}
