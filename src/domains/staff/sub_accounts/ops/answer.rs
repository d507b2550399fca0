//! `acceptManagerInvitation` and `declineManagerInvitation`: the one who was asked answers (requirement 4.19).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::certify_by;
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::staff::events;
use crate::domains::staff::positions::model::Equipped;
use crate::domains::staff::positions::store as positions;
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::sub_accounts::store;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Fault, Subject};
use crate::permissions::store as permissions;

/// Accepts. The seat is as certified as the account; the time to certify it begins.
#[derive(Debug, Serialize)]
pub struct AcceptManagerInvitation {
    /// The invitation: the seat that waits.
    pub invitation: SubAccountId,
}

/// Declines. The shop can ask again.
#[derive(Debug, Serialize)]
pub struct DeclineManagerInvitation {
    /// The invitation.
    pub invitation: SubAccountId,
}

/// What became of the seat.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answered {
    /// The seat.
    pub sub_account: SubAccount,
    /// Its position.
    pub position: Equipped,
}

impl Command for AcceptManagerInvitation {
    const NAME: &'static str = "acceptManagerInvitation";
    type Output = Answered;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Answered, Fault> {
        // The account's certification before the shop: in this order it is changed as well.
        if let Subject::Account { id } = tx.actor()?.subject {
            store::hold_certification(tx.conn, id).await?;
        }
        let asked = find(tx, self.invitation).await?;
        let mut seat = SubAccount { state: State::Active, certify_by: Some(certify_by(tx)), ..asked };
        store::update(tx.conn, &seat, None).await?;
        seat.certified_at = store::certify_seat(tx.conn, &seat).await?;
        store::assign(tx.conn, &seat, tx.now).await?;
        answered(tx, seat, events::ACCEPTED).await
    }
}

impl Command for DeclineManagerInvitation {
    const NAME: &'static str = "declineManagerInvitation";
    type Output = Answered;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Answered, Fault> {
        let asked = find(tx, self.invitation).await?;
        let seat = SubAccount { state: State::Departed, departed_at: Some(tx.now), ..asked };
        store::update(tx.conn, &seat, None).await?;
        answered(tx, seat, events::DEPARTED).await
    }
}

/// The invitation, locked. To everybody but the one who was asked there is none, and neither is there after the answer.
async fn find(tx: &mut Tx<'_>, id: SubAccountId) -> Result<SubAccount, Fault> {
    let missing = || Fault::NotFound { what: "invitation" };
    let Subject::Account { id: account } = tx.actor()?.subject else { return Err(missing()) };
    let is_asked = |seat: &SubAccount| seat.linked_account_id == Some(account) && seat.state == State::Invited;
    let found = store::by_ids(tx.conn, &[id]).await?.pop().filter(is_asked).ok_or_else(missing)?;
    permissions::lock_epoch(tx.conn, found.shop_id).await?;
    store::lock(tx.conn, found.shop_id, id).await?.filter(is_asked).ok_or_else(missing)
}

async fn answered(tx: &mut Tx<'_>, seat: SubAccount, topic: &'static str) -> Result<Answered, Fault> {
    let position = positions::find(tx.conn, seat.shop_id, seat.position_id).await?;
    let position = position.ok_or_else(|| Fault::internal("a seat without a position"))?;
    tx.record(Entry {
        chain: Chain::Shop(seat.shop_id),
        target: seat.id.to_string(),
        permission: None,
        grant: None,
        detail: json!({ "name": seat.name, "position": seat.position_id }),
    });
    tx.emit(events::about(topic, &seat));
    Ok(Answered { sub_account: seat, position })
}
