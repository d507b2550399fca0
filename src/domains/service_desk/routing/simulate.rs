//! The simulator: a recorded day once more, with other weights. Pure, and the same for the same seed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;
use chrono_tz::Tz;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::model::{Agent, Question, Reason, Routed, route};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, ConversationId, DeskGroupId, SubAccountId};
use crate::permissions::shifts::Roster;

/// An agent of the replayed day.
#[derive(Debug, Clone)]
pub struct Staff {
    /// The agent, with the weight that is tried.
    pub agent: Agent,
    /// Their shifts; whoever has none is there all day.
    pub roster: Roster,
}

/// A conversation of the recorded day.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The conversation.
    pub id: ConversationId,
    /// The buyer.
    pub buyer: AccountId,
    /// The group that its page was bound to.
    pub group: Option<DeskGroupId>,
    /// When it was opened.
    pub opened_at: Instant,
    /// How long the buyer waited for the first answer, if there was one.
    pub answered_after: Option<TimeDelta>,
    /// The buyer's dedicated agent.
    pub dedicated: Option<SubAccountId>,
}

/// What an agent would have had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// Conversations.
    pub conversations: u32,
    /// Most buyers who waited at once.
    pub most_waiting: u32,
}

/// What the day would have been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// By agent.
    pub agents: BTreeMap<SubAccountId, Share>,
    /// By reason.
    pub reasons: BTreeMap<Reason, u32>,
    /// Who would have got what, and why, in the order of the day.
    pub decisions: Vec<(ConversationId, Routed)>,
}

/// Replays a day: whoever has shifts is there while on shift, everybody else all day, with no buyer waiting at its start. A
/// conversation keeps its agent waiting for as long as the recorded one did; where none was recorded, for a time that is drawn
/// from those that were.
#[must_use]
pub fn replay(mut recorded: Vec<Recorded>, mut staff: Vec<Staff>, zone: Tz, busy_above: u32, seed: u64) -> Day {
    let mut dice = StdRng::seed_from_u64(seed);
    let known: Vec<TimeDelta> = recorded.iter().filter_map(|one| one.answered_after).collect();
    recorded.sort_by_key(|one| (one.opened_at, one.id));
    staff.sort_by_key(|one| one.agent.id);
    for one in &mut staff {
        (one.agent.waiting, one.agent.last_assigned_at) = (0, None);
    }
    let mut day = Day::default();
    let mut served: HashMap<AccountId, SubAccountId> = HashMap::new();
    // Who is done with a buyer, and when; the number tells two of one moment apart.
    let mut done: BTreeSet<(Instant, usize, SubAccountId)> = BTreeSet::new();
    for (number, one) in recorded.iter().enumerate() {
        while let Some(first) = done.first().copied().filter(|(at, ..)| *at <= one.opened_at) {
            done.remove(&first);
            if let Some(staff) = staff.iter_mut().find(|staff| staff.agent.id == first.2) {
                staff.agent.waiting = staff.agent.waiting.saturating_sub(1);
            }
        }
        let question = Question {
            served: served.get(&one.buyer).copied(),
            dedicated: one.dedicated,
            group: one.group,
            busy_above,
        };
        let is_there = |staff: &&Staff| staff.roster.is_empty() || staff.roster.on(one.opened_at, zone).is_some();
        let online: Vec<Agent> = staff.iter().filter(is_there).map(|staff| staff.agent).collect();
        let routed = route(&online, &question);
        *day.reasons.entry(routed.reason).or_default() += 1;
        day.decisions.push((one.id, routed));
        let Some(staff) = staff.iter_mut().find(|staff| Some(staff.agent.id) == routed.agent) else { continue };
        let agent = &mut staff.agent;
        agent.waiting += 1;
        agent.last_assigned_at = Some(one.opened_at);
        served.insert(one.buyer, agent.id);
        let share = day.agents.entry(agent.id).or_default();
        share.conversations += 1;
        share.most_waiting = share.most_waiting.max(agent.waiting);
        let drawn = || known.get(dice.random_range(0..known.len().max(1))).copied();
        let takes = one.answered_after.or_else(drawn).unwrap_or(TimeDelta::minutes(5));
        done.insert((one.opened_at + takes, number, agent.id));
    }
    day
}
