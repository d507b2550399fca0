//! Assigning: the decision, written down with its reason.

use diesel_async::AsyncPgConnection;
use serde_json::json;

use crate::command::{Event, Tx};
use crate::config;
use crate::domains::service_desk::conversations::model::{Conversation, State};
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::routing::model::Routed;
use crate::domains::service_desk::routing::store as routing;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Fault, Instant};

/// Conversations of the offline queue that one heartbeat gives out.
const MOST_AT_ONCE: i64 = 20;

/// Gives a conversation to whoever the rule says, behind the lock of the desk; `from` is who had it and is passed over.
///
/// # Errors
/// The database's fault.
pub async fn assign(
    conn: &mut AsyncPgConnection,
    conversation: &mut Conversation,
    from: Option<SubAccountId>,
    figures: &config::Desk,
    now: Instant,
) -> Result<Routed, diesel::result::Error> {
    let of = (conversation.shop_id, conversation.buyer_id, conversation.page.as_str());
    let (routed, group) = routing::decide(conn, of, from, figures, now).await?;
    let had = conversation.agent_id.filter(|_| conversation.awaits_shop && conversation.state == State::Open);
    if let Some(had) = had {
        store::waits(conn, conversation.shop_id, had, -1).await?;
    }
    if let Some(agent) = routed.agent.filter(|_| conversation.awaits_shop) {
        store::waits(conn, conversation.shop_id, agent, 1).await?;
    }
    conversation.group_id = group;
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

/// Gives out what waits in the offline queue, as far as the rule finds somebody; says how much.
///
/// # Errors
/// The database's fault.
pub async fn drain<E>(tx: &mut Tx<'_>, shop: ShopId) -> Result<u32, Fault<E>> {
    // Nearly always there is nothing: then nobody waits for the desk.
    if !store::any_queued(tx.conn, shop).await? {
        return Ok(0);
    }
    routing::lock(tx.conn, shop).await?;
    let mut given = 0;
    for mut conversation in store::queued(tx.conn, shop, MOST_AT_ONCE).await? {
        let of = (shop, conversation.buyer_id, conversation.page.as_str());
        let (routed, _) = routing::decide(tx.conn, of, None, &tx.env.desk, tx.now).await?;
        if routed.agent.is_none() {
            continue;
        }
        let routed = assign(tx.conn, &mut conversation, None, &tx.env.desk, tx.now).await?;
        store::update(tx.conn, &conversation).await?;
        tell(tx, &conversation, routed);
        given += 1;
    }
    Ok(given)
}
