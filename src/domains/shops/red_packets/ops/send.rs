//! `sendRedPacket`: the shop's money for buyers. The permit counts the budget against the grant's limits.

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{MOST_DAYS, MOST_SHARES, PacketRefusal, RedPacket, Split, split};
use super::super::store;
use crate::command::{Command, Event, KeyRule, Tx};
use crate::domains::payments::PaymentRefusal;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::shops::events;
use crate::domains::shops::shop::store as shops;
use crate::kernel::ids::{RedPacketId, ShopId, TypedId};
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Fault, Instant, Money, names};
use crate::permissions::ShopAmount;
use crate::permissions::catalogue::number;

/// Sends a red packet.
#[derive(Debug, Serialize)]
pub struct SendRedPacket {
    /// The shop.
    pub shop: ShopId,
    /// What it is called.
    pub name: String,
    /// The budget, as written.
    pub budget: WrittenAmount,
    /// Into how many shares.
    pub shares: i32,
    /// How.
    pub split: Split,
    /// From when it can be claimed; now, if nothing is said.
    pub starts_at: Option<Instant>,
    /// Until when.
    pub ends_at: Instant,
    /// What the split at random is drawn from; not part of what a retry must repeat.
    #[serde(skip_serializing)]
    pub seed: u64,
}

/// The new campaign.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sent {
    /// The campaign.
    pub packet: RedPacket,
}

impl Command for SendRedPacket {
    const NAME: &'static str = "sendRedPacket";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Sent;
    type Refusal = PacketRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Sent, Fault<PacketRefusal>> {
        // Whoever has no seat in the shop learns nothing of it: the currency is read before the permit, which answers.
        let currency = shops::currency(tx.conn, self.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
        tx.actor()?.seat(self.shop).ok_or(Fault::NotFound { what: "shop" })?;
        let refused = |refusal| Err(Fault::Refused(refusal));
        let budget = self.budget.read(currency).and_then(Money::positive);
        let budget = budget.map_err(|error| Fault::Refused(PacketRefusal::Amount(error)))?;
        let permit = tx
            .permit(const { number("red_packet.send") }, Some(ShopAmount { shop: self.shop, amount: budget }))
            .await?;
        if permit.seat.is_muted() {
            return refused(PacketRefusal::Muted);
        }
        if permit.obligations.second_approver {
            return refused(PacketRefusal::SecondApprover);
        }
        if !shops::selling(tx.conn, self.shop).await?.is_some_and(|shop| shop.open) {
            return refused(PacketRefusal::Closed);
        }
        if !names::is_line(&self.name, 40) {
            return refused(PacketRefusal::NameInvalid);
        }
        if !(1..=MOST_SHARES).contains(&self.shares) || i64::from(self.shares) > budget.minor {
            return refused(PacketRefusal::SharesInvalid);
        }
        let (starts_at, last) = (self.starts_at.unwrap_or(tx.now), tx.now + chrono::TimeDelta::days(MOST_DAYS));
        if self.ends_at <= starts_at || self.ends_at <= tx.now || self.ends_at > last {
            return refused(PacketRefusal::WindowInvalid);
        }
        let owner = store::owner(tx.conn, self.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
        let packet = RedPacket {
            shop_id: self.shop,
            id: RedPacketId::generate(),
            funder_id: owner,
            name: self.name.clone(),
            budget_minor: budget.minor,
            currency,
            split: self.split.text().to_owned(),
            shares: self.shares,
            claimed: 0,
            claimed_minor: 0,
            starts_at,
            ends_at: self.ends_at,
            state: "OPEN".to_owned(),
            sent_by: permit.seat.holder(tx.actor()?.subject).to_string(),
            sent_at: tx.now,
        };
        let balance = ledger::account(tx.conn, owner.uuid(), AccountKind::Balance, currency).await?;
        let account = ledger::account(tx.conn, packet.id.uuid(), AccountKind::RedPacket, currency).await?;
        let kind = EntryKind::RedPacketFunded;
        let movement = Movement::new(self.shop, kind, packet.id, balance, account, budget, tx.now);
        if !ledger::try_post(tx, &movement).await? {
            return refused(PacketRefusal::Payment(PaymentRefusal::BalanceTooLow));
        }
        let shares = split(budget.minor, self.shares, self.split, &mut StdRng::seed_from_u64(self.seed));
        store::insert(tx.conn, &packet, &shares).await?;
        let detail = json!({ "budget": budget.decimal(), "shares": self.shares, "split": self.split });
        tx.record_under(&permit, &packet.id, detail);
        let payload =
            json!({ "shop": self.shop, "packet": packet.id, "amount": budget.decimal(), "currency": currency });
        tx.emit(Event { topic: events::RED_PACKET_SENT, shop: Some(self.shop), payload });
        Ok(Sent { packet })
    }
}
