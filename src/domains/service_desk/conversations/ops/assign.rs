//! Assigning: the decision, written down with its reason.

use diesel_async::AsyncPgConnection;
use serde_json::json;

use crate::command::{Event, Tx};
use crate::domains::service_desk::conversations::model::{Conversation, State};
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::routing::model::{Routed, route};
use crate::domains::service_desk::routing::store::{self as routing, Look};
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Fault, Instant};

/// Conversations of the offline queue that one heartbeat gives out.
const MOST_AT_ONCE: i64 = 20;

/// Gives a conversation to whoever the rule says, behind the lock of the desk; `from` is who had it and departed.
///
/// # Errors
/// The database's fault.
pub async fn assign(
    conn: &mut AsyncPgConnection,
    conversation: &mut Conversation,
    look: &Look,
    from: Option<SubAccountId>,
    now: Instant,
) -> Result<Routed, diesel::result::Error> {
    let routed = route(&look.online, &look.question);
    let had = conversation.agent_id.filter(|_| conversation.awaits_shop && conversation.state == State::Open);
    if let Some(had) = had {
        store::waits(conn, conversation.shop_id, had, -1).await?;
    }
    if let Some(agent) = routed.agent.filter(|_| conversation.awaits_shop) {
        store::waits(conn, conversation.shop_id, agent, 1).await?;
    }
    conversation.group_id = look.question.group;
    conversation.agent_id = routed.agent;
    conversation.state = if routed.agent.is_some() { State::Open } else { State::Queued };
    conversation.assignments += 1;
    store::assigned(conn, conversation, routed, from, now).await?;
    Ok(routed)
}

/// Tells the agent.
pub(super) fn tell(tx: &mut Tx<'_>, conversation: &Conversation, routed: Routed) {
    let payload = json!({
        "conversation": conversation.id, "subAccount": routed.agent, "reason": routed.reason.text(),
    });
    tx.emit(Event { topic: "conversation.assigned", shop: Some(conversation.shop_id), payload });
}

/// Gives out what waits in the offline queue, as far as the rule finds somebody; says how much. Behind the lock of the desk.
///
/// # Errors
/// The database's fault.
pub async fn drain<E>(tx: &mut Tx<'_>, shop: ShopId) -> Result<u32, Fault<E>> {
    let mut given = 0;
    for mut conversation in store::queued(tx.conn, shop, MOST_AT_ONCE).await? {
        let of = (shop, conversation.buyer_id, conversation.page.as_str());
        // Read anew for each: the one before made somebody busier.
        let look = routing::look(tx.conn, of, &tx.env.desk, tx.now).await?;
        if route(&look.online, &look.question).agent.is_none() {
            continue;
        }
        let routed = assign(tx.conn, &mut conversation, &look, None, tx.now).await?;
        store::update(tx.conn, &conversation).await?;
        tell(tx, &conversation, routed);
        given += 1;
    }
    Ok(given)
}
