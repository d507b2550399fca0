//! Assigning: the decision, written down with its reason.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use serde_json::json;

use crate::command::{Event, Tx};
use crate::domains::service_desk::agents::store as agents;
use crate::domains::service_desk::conversations::model::{Conversation, State};
use crate::domains::service_desk::conversations::queue::{self, Room};
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::routing::model::{Routed, route};
use crate::domains::service_desk::routing::store::{self as routing, Look};
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Fault, Instant};

/// Conversations that one heartbeat gives out at most.
const MOST_AT_ONCE: u32 = 20;

/// Gives a conversation to whoever the rule says, behind the lock of the desk; `from` is who had it before.
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
    conversation.group_id = look.question.group;
    place(conn, conversation, routed, from, now).await?;
    Ok(routed)
}

/// Gives a conversation to somebody, or puts it into the queue, behind the lock of the desk.
///
/// # Errors
/// The database's fault.
pub(super) async fn place(
    conn: &mut AsyncPgConnection,
    conversation: &mut Conversation,
    routed: Routed,
    from: Option<SubAccountId>,
    now: Instant,
) -> Result<(), diesel::result::Error> {
    let had = conversation.agent_id.filter(|_| conversation.awaits_shop && conversation.state == State::Open);
    if let Some(had) = had {
        store::waits(conn, conversation.shop_id, had, -1).await?;
    }
    if let Some(agent) = routed.agent.filter(|_| conversation.awaits_shop) {
        store::waits(conn, conversation.shop_id, agent, 1).await?;
    }
    conversation.agent_id = routed.agent;
    conversation.state = if routed.agent.is_some() { State::Open } else { State::Queued };
    conversation.assignments += 1;
    store::assigned(conn, conversation, routed, from, now).await
}

/// Tells the agent.
pub(super) fn tell(tx: &mut Tx<'_>, conversation: &Conversation, routed: Routed) {
    let payload = json!({
        "conversation": conversation.id, "subAccount": routed.agent, "reason": routed.reason.text(),
    });
    tx.emit(Event { topic: "conversation.assigned", shop: Some(conversation.shop_id), payload });
}

/// Gives out what waits in the offline queue and for agents who are not heard of any more, as far as the rule finds somebody; says
/// how much. Who is there is read once. Behind the lock of the desk.
///
/// # Errors
/// The database's fault.
pub async fn drain<E>(tx: &mut Tx<'_>, shop: ShopId) -> Result<u32, Fault<E>> {
    let (figures, now) = (&tx.env.desk, tx.now);
    let mut online = routing::there(tx.conn, shop, figures, now).await?;
    if online.is_empty() {
        return Ok(0);
    }
    let groups = agents::groups(tx.conn, shop).await?;
    let gone = queue::gone(tx.conn, shop, routing::since(figures, now)).await?;
    let served_since = now - TimeDelta::days(i64::from(figures.served_days));
    let mut given = 0;
    // Whoever fills up leaves behind the rest that was read for them; then it is looked for others.
    while given < MOST_AT_ONCE {
        let room = Room::of(&online, &groups, figures.busy_above);
        let wanted = MOST_AT_ONCE - given;
        let found = queue::fitting(tx.conn, shop, &room, &gone, served_since, i64::from(wanted)).await?;
        let (before, all) = (given, u32::try_from(found.len()).unwrap_or(0) < wanted);
        for mut conversation in found {
            let of = (shop, conversation.buyer_id, conversation.page.as_str());
            let question = routing::question(tx.conn, of, figures, now).await?;
            let routed = route(&online, &question);
            let Some(agent) = online.iter_mut().find(|agent| Some(agent.id) == routed.agent) else { continue };
            (agent.waiting, agent.last_assigned_at) = (agent.waiting + 1, Some(now));
            let from = conversation.agent_id;
            conversation.group_id = question.group;
            place(tx.conn, &mut conversation, routed, from, now).await?;
            store::update(tx.conn, &conversation).await?;
            tell(tx, &conversation, routed);
            given += 1;
        }
        if all || given == before {
            break;
        }
    }
    Ok(given)
}
