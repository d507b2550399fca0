//! `compensateFromDeposit`: a buyer won a dispute, and the shop's deposit pays (requirement 2.12). The platform decides it.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::model::{DepositRefusal, Standing};
use super::{amount, tell};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::payments::balance::store as balances;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::shops::events;
use crate::domains::shops::orders::model::State;
use crate::domains::shops::orders::store as orders;
use crate::domains::shops::refunds::model::is_reason;
use crate::kernel::ids::{OrderId, TypedId};
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Fault, Money};
use crate::permissions::catalogue::number;

/// Compensates the buyer of an order.
#[derive(Debug, Serialize)]
pub struct Compensate {
    /// The order that the dispute was about.
    pub order: OrderId,
    /// How much, as written.
    pub amount: WrittenAmount,
    /// Why, in words that both sides read.
    pub reason: String,
}

/// How the deposit stands now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compensated {
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
        let found = orders::lock(tx.conn, self.order).await?.ok_or(Fault::NotFound { what: "order" })?;
        let order = found.order;
        if order.state() == State::AwaitingPayment {
            return Err(Fault::Refused(DepositRefusal::OrderNotPaid));
        }
        if !is_reason(&self.reason) {
            return Err(Fault::Refused(DepositRefusal::ReasonInvalid));
        }
        let (shop, money) = (order.shop_id, amount(&self.amount, order.currency)?);
        let deposit = ledger::account(tx.conn, shop.uuid(), AccountKind::Deposit, money.currency).await?;
        let buyer = order.buyer_account_id.uuid();
        let balance = ledger::account(tx.conn, buyer, AccountKind::Balance, money.currency).await?;
        let reference = Uuid::now_v7();
        let kind = EntryKind::DepositCompensation;
        let movement = Movement::new(shop, kind, reference, deposit, balance, money, tx.now);
        if !ledger::try_post(tx, &movement).await? {
            let held = balances::held(tx.conn, shop.uuid(), AccountKind::Deposit, money.currency).await?;
            let held = held.map_or_else(|| Money::new(0, money.currency), |(_, held)| held);
            return Err(Fault::Refused(DepositRefusal::TooLow { held }));
        }
        let standing = tell(tx, events::DEPOSIT_COMPENSATED, shop, money).await?;
        tx.record(Entry {
            chain: Chain::Shop(shop),
            target: self.order.to_string(),
            permission: Some(permission),
            grant: None,
            detail: json!({
                "amount": money.decimal(), "reason": self.reason, "missing": standing.missing().decimal(),
            }),
        });
        Ok(Compensated { standing })
    }
}
