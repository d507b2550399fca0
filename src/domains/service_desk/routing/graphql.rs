//! The simulator in the API.

use std::collections::HashMap;

use async_graphql::{ID, InputObject, SimpleObject};
use chrono::{TimeDelta, TimeZone};
use kith_macros::guarded;

use super::model::{Agent, Reason, Routed};
use super::simulate::{Recorded, Staff, replay};
use crate::domains::service_desk::agents::store as agents;
use crate::domains::service_desk::conversations::store as conversations;
use crate::domains::service_desk::perms::MANAGE;
use crate::graphql::context::RequestContext;
use crate::graphql::ids::{id, parse};
use crate::kernel::ids::{ConversationId, ShopId, SubAccountId};
use crate::kernel::{Fault, Instant, Text};
use crate::permissions::shifts;

/// Another weight for an agent.
#[derive(InputObject)]
pub struct RoutingWeight {
    /// The agent.
    pub sub_account_id: ID,
    /// The weight: 0 to 100.
    pub weight: i32,
}

/// What an agent would have had.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RoutingShare {
    /// The agent.
    pub sub_account_id: ID,
    /// The weight that was used.
    pub weight: i32,
    /// Conversations.
    pub conversations: i32,
    /// Most buyers who waited at once.
    pub most_waiting: i32,
}

/// What would have become of a recorded conversation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RoutingDecision {
    /// The conversation.
    pub conversation_id: ID,
    /// Who would have got it; null: the offline queue.
    pub sub_account_id: Option<ID>,
    /// Why.
    pub reason: Reason,
}

/// How often a reason decided.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RoutingReasonCount {
    /// The reason.
    pub reason: Reason,
    /// How often.
    pub count: i32,
}

/// A recorded day with other weights.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RoutingDay {
    /// Conversations that were recorded.
    pub conversations: i32,
    /// By agent; at most 100, those with the most conversations first.
    pub agents: Vec<RoutingShare>,
    /// By reason.
    pub reasons: Vec<RoutingReasonCount>,
    /// Who would have got what; the first 100 of the day.
    pub decisions: Vec<RoutingDecision>,
}

const WEIGHTS: Text = Text::new(
    "Name at most 100 agents, each once, with weights of 0 to 100.",
    "最多指定 100 位客服,每位一次,权重为 0 到 100。",
);
/// Agents, and decisions, that a simulation shows.
const MOST_SHOWN: usize = 100;
/// Agents that a simulation takes.
const MOST_AGENTS: i64 = 1_000;

/// Replays the day of a shop that a moment lies in.
///
/// # Errors
/// The denial, weights that are none, or the database's fault.
pub async fn simulate(
    request: &RequestContext,
    shop: ShopId,
    day: Instant,
    weights: Vec<RoutingWeight>,
    seed: i32,
) -> Result<RoutingDay, Fault> {
    let permit = request.read_permit(shop, MANAGE).await?;
    let other = read(&weights)?;
    let zone = request.actor()?.seat(shop).map_or(chrono_tz::UTC, |seat| seat.zone);
    let (from, to) = span(zone, day);
    let (rows, mut rosters, recorded) = {
        let mut conn = request.conn().await?;
        let rows = agents::agents(&mut conn, permit.shop, MOST_AGENTS).await?;
        let rosters = shifts::of_shop(&mut conn, permit.shop, None, Some(to.min(request.now))).await?;
        (rows, rosters, conversations::of_day(&mut conn, permit.shop, from, to).await?)
    };
    // An agent of another shop is none here (h19).
    if other.keys().any(|id| rows.iter().all(|row| row.sub_account_id != *id)) {
        return Err(Fault::NotFound { what: "agent" });
    }
    let weight = |id: SubAccountId, own: i32| other.get(&id).copied().unwrap_or(own);
    let staff: Vec<Staff> = rows
        .iter()
        .map(|row| Staff {
            agent: Agent {
                id: row.sub_account_id,
                group: row.group_id,
                weight: u32::try_from(weight(row.sub_account_id, row.weight)).unwrap_or(0),
                waiting: 0,
                last_assigned_at: None,
            },
            roster: rosters.remove(&row.sub_account_id).unwrap_or_default(),
        })
        .collect();
    let recorded: Vec<Recorded> = recorded
        .into_iter()
        .map(|(one, dedicated)| Recorded {
            id: one.id,
            buyer: one.buyer_id,
            group: one.group_id,
            opened_at: one.opened_at,
            answered_after: one.first_reply_at.map(|at| at - one.opened_at),
            dedicated,
        })
        .collect();
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let conversations = count(recorded.len());
    let seed = u64::from(seed.cast_unsigned());
    // A day of 20,000 conversations and 1,000 agents is some tenths of a second of work: not for a thread that answers others.
    let busy_above = request.door.env.desk.busy_above;
    let replayed = tokio::task::spawn_blocking(move || replay(recorded, staff, zone, busy_above, seed)).await;
    let replayed = replayed.map_err(Fault::internal)?;
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let mut shares: Vec<RoutingShare> = rows
        .iter()
        .map(|row| {
            let share = replayed.agents.get(&row.sub_account_id).cloned().unwrap_or_default();
            RoutingShare {
                sub_account_id: id(row.sub_account_id),
                weight: weight(row.sub_account_id, row.weight),
                conversations: number(share.conversations),
                most_waiting: number(share.most_waiting),
            }
        })
        .collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.conversations));
    shares.truncate(MOST_SHOWN);
    let reasons =
        replayed.reasons.into_iter().map(|(reason, count)| RoutingReasonCount { reason, count: number(count) });
    let decision = |(conversation, routed): (ConversationId, Routed)| RoutingDecision {
        conversation_id: id(conversation),
        sub_account_id: routed.agent.map(id),
        reason: routed.reason,
    };
    let decisions = replayed.decisions.into_iter().take(MOST_SHOWN).map(decision).collect();
    Ok(RoutingDay { conversations, agents: shares, reasons: reasons.collect(), decisions })
}

fn read(weights: &[RoutingWeight]) -> Result<HashMap<SubAccountId, i32>, Fault> {
    let mut read = HashMap::new();
    for one in weights {
        let agent = parse(&one.sub_account_id, "agent")?;
        if !(0..=100).contains(&one.weight) || read.insert(agent, one.weight).is_some() {
            return Err(Fault::BadInput { field: "weights", message: WEIGHTS });
        }
    }
    if read.len() > 100 {
        return Err(Fault::BadInput { field: "weights", message: WEIGHTS });
    }
    Ok(read)
}

/// The day of a zone that a moment lies in.
fn span(zone: chrono_tz::Tz, at: Instant) -> (Instant, Instant) {
    let midnight = at.with_timezone(&zone).date_naive().and_time(chrono::NaiveTime::MIN);
    // Where the clocks are put forward at midnight there is none: the day begins at the hour after.
    let begin = |naive: chrono::NaiveDateTime| {
        zone.from_local_datetime(&naive)
            .earliest()
            .or_else(|| zone.from_local_datetime(&(naive + TimeDelta::hours(1))).earliest())
            .map_or(at, |local| local.to_utc())
    };
    (begin(midnight), begin(midnight + TimeDelta::days(1)))
}
