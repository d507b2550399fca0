//! `endRedPacket`: the window is over; what nobody claimed goes back to the balance that funded it. The worker runs it.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::RedPacket;
use super::super::store;
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::shops::events;
use crate::kernel::Fault;
use crate::kernel::ids::{RedPacketId, TypedId};

/// Ends a campaign whose window is over.
#[derive(Debug, Serialize)]
pub struct EndRedPacket {
    /// The campaign.
    pub packet: RedPacketId,
}

/// The campaign as it stands now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ended {
    /// The campaign.
    pub packet: RedPacket,
}

impl Command for EndRedPacket {
    const NAME: &'static str = "endRedPacket";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Ended;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Ended, Fault> {
        let ended = store::end(tx.conn, self.packet, tx.now).await?;
        let packet = ended.ok_or(Fault::NotFound { what: "red packet" })?;
        let left = packet.left();
        if left.minor > 0 {
            let account = ledger::account(tx.conn, packet.id.uuid(), AccountKind::RedPacket, packet.currency).await?;
            let funder = packet.funder_id.uuid();
            let balance = ledger::account(tx.conn, funder, AccountKind::Balance, packet.currency).await?;
            let kind = EntryKind::RedPacketReturned;
            let movement = Movement::new(packet.shop_id, kind, packet.id, account, balance, left, tx.now);
            ledger::post(tx, &movement).await?;
        }
        tx.record_system("red packets");
        tx.record(Entry {
            chain: Chain::Shop(packet.shop_id),
            target: packet.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "claimed": packet.claimed, "returned": left.decimal() }),
        });
        tx.emit(Event {
            topic: events::RED_PACKET_ENDED,
            shop: Some(packet.shop_id),
            payload: json!({
                "shop": packet.shop_id, "packet": packet.id, "amount": left.decimal(), "currency": packet.currency,
            }),
        });
        Ok(Ended { packet })
    }
}
