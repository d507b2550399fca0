//! `deskHeartbeat`: an agent is there. Whoever waits in the offline queue is then given out.

use serde::Serialize;
use serde_json::json;

use super::DeskRefusal;
use super::set::AgentSet;
use crate::command::{Command, KeyRule, Tx};
use crate::domains::service_desk::agents::store;
use crate::domains::service_desk::conversations::ops::assign;
use crate::domains::service_desk::conversations::store as queue;
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
        // The desk before the agent, as everywhere: of two at once none waits for the other crosswise. What comes into the queue
        // from here on, the next heartbeat gives out.
        let queued = !self.away && queue::any_queued(tx.conn, self.shop).await?;
        if queued {
            routing::lock(tx.conn, self.shop).await?;
        }
        let seen = store::seen(tx.conn, (self.shop, sub_account), self.away, tx.now).await?;
        let agent = seen.ok_or(Fault::Refused(DeskRefusal::NotAnAgent))?;
        let given_out = if queued { assign::drain(tx, self.shop).await? } else { 0 };
        tx.record_under(&permit, &sub_account, json!({ "away": self.away, "givenOut": given_out }));
        Ok(AgentSet { agent })
    }
}
