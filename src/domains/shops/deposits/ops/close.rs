//! `closeShop`: nothing is sold any more, recorded violations are taken from the deposit, and what is left goes back to the main
//! account (requirement 2.13). It is final and takes the deposit out, so it is the main account's alone, stepped up, and waits
//! until no buyer can lose money: every paid order is settled, for as long as its buyer may still win a dispute.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::model::DepositRefusal;
use super::super::store;
use crate::command::{Command, Event, KeyRule, Tx};
use crate::domains::accounts::step_up;
use crate::domains::payments::balance::store as balances;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::shops::events;
use crate::kernel::ids::{LedgerAccountId, ShopId, TypedId};
use crate::kernel::{Fault, Money};
use crate::permissions::WholeShop;
use crate::permissions::catalogue::number;

/// Closes a shop for good.
#[derive(Debug, Serialize)]
pub struct CloseShop {
    /// The shop.
    pub shop: ShopId,
    /// Whether it is meant.
    pub confirmed: bool,
}

/// What became of the deposit.
#[derive(Debug, Serialize, Deserialize)]
pub struct Closed {
    /// What was taken for violations.
    pub deducted: Money,
    /// What went back to the main account's balance.
    pub returned: Money,
}

impl Command for CloseShop {
    const NAME: &'static str = "closeShop";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Closed;
    type Refusal = DepositRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Closed, Fault<DepositRefusal>> {
        let permit = tx.permit(const { number("shop.close") }, Some(WholeShop(self.shop))).await?;
        if !self.confirmed {
            return Err(Fault::Refused(DepositRefusal::NotConfirmed));
        }
        // Whoever took the password over must not take the deposit with it.
        step_up::require_strongest(tx, step_up::LASTS).await?;
        // From here on nothing is listed, sold or paid there until this is decided.
        let (owner, currency, state) =
            store::lock_shop(tx.conn, self.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
        if state == "CLOSED" {
            return Err(Fault::Refused(DepositRefusal::Closed));
        }
        if store::refunds_wait(tx.conn, self.shop).await? {
            return Err(Fault::Refused(DepositRefusal::OpenRefunds));
        }
        if store::payments_wait(tx.conn, self.shop).await? {
            return Err(Fault::Refused(DepositRefusal::PaymentUnderWay));
        }
        let days = tx.env.payments.close_after_settled_days;
        if let Some(until) = store::orders_wait(tx.conn, self.shop, tx.now, days).await? {
            return Err(Fault::Refused(DepositRefusal::OrdersUnderWay { until }));
        }
        store::close(tx.conn, self.shop).await?;
        let nothing = Money::new(0, currency);
        let held = balances::held(tx.conn, self.shop.uuid(), AccountKind::Deposit, currency).await?;
        let (mut deducted, mut returned) = (nothing, nothing);
        if let Some((deposit, held)) = held.filter(|(_, held)| held.minor > 0) {
            deducted = deduct(tx, self.shop, deposit, held).await?;
            returned = Money::new(held.minor - deducted.minor, currency);
            if returned.minor > 0 {
                let balance = ledger::account(tx.conn, owner.uuid(), AccountKind::Balance, currency).await?;
                let kind = EntryKind::DepositReturn;
                let movement = Movement::new(self.shop, kind, self.shop, deposit, balance, returned, tx.now);
                ledger::post(tx, &movement).await?;
            }
        }
        let detail = json!({ "deducted": deducted.decimal(), "returned": returned.decimal() });
        tx.record_under(&permit, &self.shop, detail);
        tx.emit(Event {
            topic: events::SHOP_CLOSED,
            shop: Some(self.shop),
            payload: json!({ "shop": self.shop, "amount": returned.decimal(), "currency": currency }),
        });
        Ok(Closed { deducted, returned })
    }
}

/// Takes what the recorded violations cost, the oldest first, as far as the deposit reaches; says how much that was.
async fn deduct(
    tx: &mut Tx<'_>,
    shop: ShopId,
    deposit: LedgerAccountId,
    held: Money,
) -> Result<Money, Fault<DepositRefusal>> {
    let penalty = ledger::account(tx.conn, Uuid::nil(), AccountKind::Penalty, held.currency).await?;
    let mut left = held.minor;
    for violation in store::violations(tx.conn, shop, true).await? {
        let taken = violation.amount_minor.min(left);
        if taken > 0 {
            let money = Money::new(taken, held.currency);
            let kind = EntryKind::DepositDeduction;
            let movement = Movement::new(shop, kind, violation.id, deposit, penalty, money, tx.now);
            ledger::post(tx, &movement).await?;
        }
        store::deducted(tx.conn, shop, violation.id, taken, tx.now).await?;
        left -= taken;
    }
    Ok(Money::new(held.minor - left, held.currency))
}
