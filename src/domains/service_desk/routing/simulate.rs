//! The simulator: a recorded day once more, with other weights. Pure, and the same for the same seed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::model::{Agent, Question, Reason, route};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, DeskGroupId, SubAccountId};

/// A conversation of the recorded day.
#[derive(Debug, Clone)]
pub struct Recorded {
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
}

/// Replays a day. Everybody of `agents` is online all day, with no buyer waiting at its start. A conversation keeps its agent
/// waiting for as long as the recorded one did; where none was recorded, for a time that is drawn from those that were.
#[must_use]
pub fn replay(mut recorded: Vec<Recorded>, mut agents: Vec<Agent>, busy_above: u32, seed: u64) -> Day {
    let mut dice = StdRng::seed_from_u64(seed);
    let known: Vec<TimeDelta> = recorded.iter().filter_map(|one| one.answered_after).collect();
    recorded.sort_by_key(|one| (one.opened_at, one.buyer));
    agents.sort_by_key(|agent| agent.id);
    for agent in &mut agents {
        (agent.waiting, agent.last_assigned_at) = (0, None);
    }
    let mut day = Day::default();
    let mut served: HashMap<AccountId, SubAccountId> = HashMap::new();
    // Who is done with a buyer, and when; the number tells two of one moment apart.
    let mut done: BTreeSet<(Instant, usize, SubAccountId)> = BTreeSet::new();
    for (number, one) in recorded.iter().enumerate() {
        while let Some(first) = done.first().copied().filter(|(at, ..)| *at <= one.opened_at) {
            done.remove(&first);
            if let Some(agent) = agents.iter_mut().find(|agent| agent.id == first.2) {
                agent.waiting = agent.waiting.saturating_sub(1);
            }
        }
        let question = Question {
            served: served.get(&one.buyer).copied(),
            dedicated: one.dedicated,
            group: one.group,
            busy_above,
        };
        let routed = route(&agents, &question);
        *day.reasons.entry(routed.reason).or_default() += 1;
        let Some(agent) = agents.iter_mut().find(|agent| Some(agent.id) == routed.agent) else { continue };
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn world() -> (Vec<Recorded>, Vec<Agent>) {
        let start: Instant = "2026-11-20T01:00:00Z".parse().unwrap();
        let recorded = (0..300).map(|at| Recorded {
            buyer: AccountId::generate(),
            group: None,
            opened_at: start + TimeDelta::seconds(at * 60),
            answered_after: (at % 3 != 0).then(|| TimeDelta::seconds(300 + at)),
            dedicated: None,
        });
        let agents = (0..4).map(|_| Agent {
            id: SubAccountId::generate(),
            group: None,
            weight: 10,
            waiting: 3,
            last_assigned_at: None,
        });
        (recorded.collect(), agents.collect())
    }

    #[test]
    fn r4_17_the_same_seed_gives_the_same_day_and_other_weights_another() {
        let (recorded, mut agents) = world();
        let day = |agents: &[Agent], seed| replay(recorded.clone(), agents.to_vec(), 4, seed);
        assert_eq!(day(&agents, 7), day(&agents, 7));
        let even = day(&agents, 7);
        assert_eq!(even.agents.values().map(|share| share.conversations).sum::<u32>(), 300);
        assert_eq!(even.reasons, BTreeMap::from([(Reason::Group, 300)]));
        let first = agents[0].id;
        agents[0].weight = 90;
        let heavier = day(&agents, 7);
        assert!(heavier.agents[&first].conversations > even.agents[&first].conversations * 3 / 2, "{heavier:?}");
        agents.truncate(1);
        let alone = day(&agents, 7);
        assert!(alone.reasons[&Reason::AllBusy] > 50 && alone.agents[&first].most_waiting == 5, "{alone:?}");
    }
}
