//! `deskHeartbeat`: an agent is there. Whoever waits in the offline queue, or for an agent who is gone, is then given out. On record is
//! who comes or goes and what was given out, not every sign of life.

use serde::Serialize;
use serde_json::json;

use super::DeskRefusal;
use super::set::AgentSet;
use crate::command::{Command, KeyRule, Tx};
use crate::domains::service_desk::agents::store;
use crate::domains::service_desk::conversations::ops::assign;
use crate::domains::service_desk::conversations::queue;
use crate::domains::service_desk::perms::SERVE;
use crate::domains::service_desk::routing::store as routing;
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;
use crate::permissions::WholeShop;

/// Says that an agent is there.
#[derive(Debug, Serialize)]
pub struct Heartbeat {
    /// The shop.
    pub shop: ShopId,
    /// Whether they want no new conversations.
    pub away: bool,
}

impl Command for Heartbeat {
    const NAME: &'static str = "deskHeartbeat";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = AgentSet;
    type Refusal = DeskRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<AgentSet, Fault<DeskRefusal>> {
        let permit = tx.permit(SERVE, Some(WholeShop(self.shop))).await?;
        let Some(sub_account) = permit.seat.sub_account else { return Err(Fault::Refused(DeskRefusal::NotAnAgent)) };
        let since = routing::since(&tx.env.desk, tx.now);
        // The desk before the agent, as everywhere: of two at once none waits for the other crosswise. What comes into the queue
        // from here on, the next heartbeat gives out.
        let waits = !self.away && queue::any(tx.conn, self.shop, since).await?;
        if waits {
            routing::lock(tx.conn, self.shop).await?;
        }
        let before = store::lock(tx.conn, self.shop, sub_account).await?;
        let before = before.ok_or(Fault::Refused(DeskRefusal::NotAnAgent))?;
        let agent = store::seen(tx.conn, (self.shop, sub_account), self.away, tx.now).await?;
        let given_out = if waits { assign::drain(tx, self.shop).await? } else { 0 };
        let came = before.seen_at.is_none_or(|seen| seen <= since);
        if came || before.away != self.away || given_out > 0 {
            let detail = json!({ "away": self.away, "cameOnline": came, "givenOut": given_out });
            tx.record_under(&permit, &sub_account, detail);
        } else {
            // A sign of life twice a minute of everybody would drown what people look for in the audit trail.
            tx.leave_unrecorded();
        }
        Ok(AgentSet { agent })
    }
}
