//! `claimRedPacket`: the next share is the buyer's, once.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::PacketRefusal;
use super::super::store;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::kernel::ids::{RedPacketId, TypedId};
use crate::kernel::{Fault, Money, Subject};

/// Claims a share.
#[derive(Debug, Serialize)]
pub struct ClaimRedPacket {
    /// The campaign.
    pub packet: RedPacketId,
}

/// What the buyer got.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claimed {
    /// How much.
    pub amount: Money,
}

impl Command for ClaimRedPacket {
    const NAME: &'static str = "claimRedPacket";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Claimed;
    type Refusal = PacketRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Claimed, Fault<PacketRefusal>> {
        let Subject::Account { id: buyer } = tx.actor()?.subject else {
            return Err(Fault::NotFound { what: "red packet" });
        };
        // Nothing of what is read here can change, the shares aside, which the next statement takes.
        let packet = store::get(tx.conn, self.packet).await?.ok_or(Fault::NotFound { what: "red packet" })?;
        let refusal = if tx.actor()?.seat(packet.shop_id).is_some() {
            Some(PacketRefusal::OwnShop)
        } else if packet.starts_at > tx.now {
            Some(PacketRefusal::NotYet { from: packet.starts_at })
        } else if packet.ends_at <= tx.now || packet.state != "OPEN" {
            Some(PacketRefusal::Over)
        } else if store::has_one(tx.conn, self.packet, buyer).await? {
            Some(PacketRefusal::Yours)
        } else if packet.claimed >= packet.shares {
            Some(PacketRefusal::Gone)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return Err(Fault::Refused(refusal));
        }
        let taken = match store::take(tx.conn, self.packet, buyer, tx.now).await {
            Err(diesel::result::Error::DatabaseError(_, info)) if info.constraint_name() == Some(store::ONCE) => {
                return Err(Fault::Refused(PacketRefusal::Yours));
            }
            taken => taken?.ok_or(Fault::Refused(PacketRefusal::Gone))?,
        };
        let money = Money::new(taken.minor, packet.currency);
        let account = ledger::account(tx.conn, self.packet.uuid(), AccountKind::RedPacket, packet.currency).await?;
        let balance = ledger::account(tx.conn, buyer.uuid(), AccountKind::Balance, packet.currency).await?;
        let reference = format!("{}-{}", self.packet, taken.place);
        let kind = EntryKind::RedPacketClaimed;
        let movement = Movement::new(packet.shop_id, kind, reference, account, balance, money, tx.now);
        ledger::leave(tx, &movement);
        tx.record(Entry {
            chain: Chain::Account(buyer),
            target: self.packet.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "amount": money.decimal(), "share": taken.place }),
        });
        Ok(Claimed { amount: money })
    }
}
