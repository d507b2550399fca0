//! The simulator in the API.

use std::collections::HashMap;

use async_graphql::{ID, InputObject, SimpleObject};
use chrono::{TimeDelta, TimeZone};
use kith_macros::guarded;

use super::model::{Agent, Reason};
use super::simulate::{Recorded, replay};
use crate::domains::service_desk::agents::store as agents;
use crate::domains::service_desk::conversations::store as conversations;
use crate::domains::service_desk::perms::MANAGE;
use crate::graphql::context::RequestContext;
use crate::graphql::ids::{id, parse};
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Fault, Instant, Text};

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
}

const WEIGHTS: Text = Text::new(
    "Name at most 100 agents, each once, with weights of 0 to 100.",
    "最多指定 100 位客服,每位一次,权重为 0 到 100。",
);
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
    request.read_permit(shop, MANAGE).await?;
    let other = read(&weights)?;
    let zone = request.actor()?.seat(shop).map_or(chrono_tz::UTC, |seat| seat.zone);
    let (from, to) = span(zone, day);
    let (rows, recorded) = {
        let mut conn = request.conn().await?;
        let rows = agents::agents(&mut conn, shop, MOST_AGENTS).await?;
        (rows, conversations::of_day(&mut conn, shop, from, to).await?)
    };
    let weight = |id: SubAccountId, own: i32| other.get(&id).copied().unwrap_or(own);
    let staff: Vec<Agent> = rows
        .iter()
        .map(|row| Agent {
            id: row.sub_account_id,
            group: row.group_id,
            weight: u32::try_from(weight(row.sub_account_id, row.weight)).unwrap_or(0),
            waiting: 0,
            last_assigned_at: None,
        })
        .collect();
    let recorded: Vec<Recorded> = recorded
        .into_iter()
        .map(|(one, dedicated)| Recorded {
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
    let replayed = tokio::task::spawn_blocking(move || replay(recorded, staff, busy_above, seed)).await;
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
    shares.truncate(100);
    let reasons =
        replayed.reasons.into_iter().map(|(reason, count)| RoutingReasonCount { reason, count: number(count) });
    Ok(RoutingDay { conversations, agents: shares, reasons: reasons.collect() })
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
