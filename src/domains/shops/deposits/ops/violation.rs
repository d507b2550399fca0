//! `recordViolation`: the platform notes what a shop did against the rules and what it costs. It is taken from the deposit when
//! the shop closes (requirement 2.13).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::DepositRefusal;
use super::super::store;
use super::amount;
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::shops::events;
use crate::domains::shops::refunds::model::is_reason;
use crate::kernel::Fault;
use crate::kernel::ids::{ShopId, ViolationId};
use crate::kernel::money::WrittenAmount;
use crate::permissions::catalogue::number;

/// Records a violation.
#[derive(Debug, Serialize)]
pub struct RecordViolation {
    /// The shop.
    pub shop: ShopId,
    /// What it costs, as written.
    pub amount: WrittenAmount,
    /// What the shop did, in words that it reads.
    pub reason: String,
}

/// The violation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// Its id.
    pub violation: ViolationId,
}

impl Command for RecordViolation {
    const NAME: &'static str = "recordViolation";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Recorded;
    type Refusal = DepositRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Recorded, Fault<DepositRefusal>> {
        let permission = const { number("platform.deposit.manage") };
        tx.permit_platform(permission, &self.shop)?;
        let by = tx.actor()?.subject.to_string();
        let (_, currency, state) =
            store::lock_shop(tx.conn, self.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
        if state == "CLOSED" {
            return Err(Fault::Refused(DepositRefusal::Closed));
        }
        if !is_reason(&self.reason) {
            return Err(Fault::Refused(DepositRefusal::ReasonInvalid));
        }
        let money = amount(&self.amount, currency)?;
        let violation = ViolationId::generate();
        store::record(tx.conn, self.shop, violation, money, &self.reason, &by, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Shop(self.shop),
            target: violation.to_string(),
            permission: Some(permission),
            grant: None,
            detail: json!({ "amount": money.decimal(), "reason": self.reason }),
        });
        let payload = json!({ "shop": self.shop, "amount": money.decimal(), "currency": currency });
        tx.emit(Event { topic: events::VIOLATION_RECORDED, shop: Some(self.shop), payload });
        Ok(Recorded { violation })
    }
}
