//! The decision (requirement 4.17). Pure.

use serde::{Deserialize, Serialize};

use crate::kernel::ids::{DeskGroupId, SubAccountId};
use crate::kernel::{Instant, Text};

/// Somebody who answers and is online.
#[derive(Debug, Clone, Copy)]
pub struct Agent {
    /// Who.
    pub id: SubAccountId,
    /// Their group.
    pub group: Option<DeskGroupId>,
    /// How much of the group's work they get, beside the others' weights; 0: none of it.
    pub weight: u32,
    /// Buyers who wait for an answer of theirs.
    pub waiting: u32,
    /// When they last got a conversation.
    pub last_assigned_at: Option<Instant>,
}

/// What is known of the buyer and the page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question {
    /// Who served this buyer in the last days, the last one.
    pub served: Option<SubAccountId>,
    /// The buyer's dedicated agent.
    pub dedicated: Option<SubAccountId>,
    /// The group that the page is bound to; none: everybody's.
    pub group: Option<DeskGroupId>,
    /// With more buyers waiting than that an agent is busy.
    pub busy_above: u32,
}

/// Why an assignment is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "AssignmentReason")]
pub enum Reason {
    /// Nobody is online: the offline queue.
    NobodyOnline,
    /// Served this buyer in the last days.
    ServedBefore,
    /// Is the buyer's dedicated agent.
    Dedicated,
    /// Of the page's group, by weight and load.
    Group,
    /// Everybody of the group is busy or away: the offline queue.
    AllBusy,
    /// Whoever manages the desk gave it to them by hand.
    ByManager,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::NobodyOnline, Self::ServedBefore, Self::Dedicated, Self::Group, Self::AllBusy, Self::ByManager];

    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NobodyOnline => "NOBODY_ONLINE",
            Self::ServedBefore => "SERVED_BEFORE",
            Self::Dedicated => "DEDICATED",
            Self::Group => "GROUP",
            Self::AllBusy => "ALL_BUSY",
            Self::ByManager => "BY_MANAGER",
        }
    }

    /// Reads what [`Reason::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.text() == text)
    }

    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> Text {
        match self {
            Self::NobodyOnline => {
                Text::new("Nobody is online; it waits in the offline queue.", "无客服在线,进入离线队列。")
            }
            Self::ServedBefore => {
                Text::new("Served this buyer in the last days and is online.", "近期接待过该买家的客服在线。")
            }
            Self::Dedicated => Text::new("Is this buyer's dedicated agent and is online.", "该买家的专属客服在线。"),
            Self::Group => Text::new(
                "Of the group that the page is bound to, chosen by weight and load.",
                "按页面绑定的分组,依权重与接待量分配。",
            ),
            Self::AllBusy => Text::new(
                "Everybody of the group is busy or away; it waits in the offline queue.",
                "分组内客服均忙碌或不在线,进入离线队列。",
            ),
            Self::ByManager => Text::new("Whoever manages the desk handed it over by hand.", "由管理员手动转接。"),
        }
    }
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// Who gets it; nobody: the offline queue.
    pub agent: Option<SubAccountId>,
    /// Why.
    pub reason: Reason,
}

/// Whether an agent takes more of a group's work; of none: of everybody's.
fn takes(agent: &Agent, group: Option<DeskGroupId>, busy_above: u32) -> bool {
    let of_group = group.is_none() || agent.group == group;
    of_group && agent.weight > 0 && agent.waiting <= busy_above
}

/// Whether anybody of those online takes more of a group's work.
#[must_use]
pub fn has_room(online: &[Agent], group: Option<DeskGroupId>, busy_above: u32) -> bool {
    online.iter().any(|agent| takes(agent, group, busy_above))
}

/// Decides who of those online gets a conversation. Within a group the one with the largest weight for each buyer they would
/// then serve; of equals who waited longest for one, so that nobody is passed over.
#[must_use]
pub fn route(online: &[Agent], question: &Question) -> Routed {
    let is_online = |id: &SubAccountId| online.iter().any(|agent| agent.id == *id);
    if online.is_empty() {
        return Routed { agent: None, reason: Reason::NobodyOnline };
    }
    if let Some(id) = question.served.filter(is_online) {
        return Routed { agent: Some(id), reason: Reason::ServedBefore };
    }
    if let Some(id) = question.dedicated.filter(is_online) {
        return Routed { agent: Some(id), reason: Reason::Dedicated };
    }
    let fits = |agent: &&Agent| takes(agent, question.group, question.busy_above);
    let chosen = online.iter().filter(fits).max_by(|a, b| {
        // weight / (waiting + 1), compared without dividing.
        let share = |one: &Agent, other: &Agent| u64::from(one.weight) * (u64::from(other.waiting) + 1);
        share(a, b)
            .cmp(&share(b, a))
            .then_with(|| b.last_assigned_at.cmp(&a.last_assigned_at))
            .then_with(|| b.id.cmp(&a.id))
    });
    match chosen {
        Some(agent) => Routed { agent: Some(agent.id), reason: Reason::Group },
        None => Routed { agent: None, reason: Reason::AllBusy },
    }
}
