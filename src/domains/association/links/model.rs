//! States of an association, and why one is refused.

use serde::{Deserialize, Serialize};

use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, AssociationId};
use crate::kernel::{Instant, Text};

/// How an association stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AssociationState")]
pub enum State {
    /// One side has asked and the other has not answered yet.
    Requested,
    /// Both sides want it.
    Accepted,
    /// The other side does not want it.
    Declined,
    /// One side has ended it.
    Ended,
    /// Nobody answered in time.
    Lapsed,
}

impl State {
    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Ended => "ENDED",
            Self::Lapsed => "LAPSED",
        }
    }

    /// Reads what [`State::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Requested, Self::Accepted, Self::Declined, Self::Ended, Self::Lapsed]
            .into_iter()
            .find(|state| state.text() == text)
    }
}

/// An association.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Association {
    /// The account that asked.
    pub account: AccountId,
    /// The id.
    pub id: AssociationId,
    /// The account that was asked.
    pub other: AccountId,
    /// How it stands.
    pub state: State,
    /// When it was asked for.
    pub asked_at: Instant,
    /// When it was answered.
    pub decided_at: Option<Instant>,
    /// When it was ended.
    pub ended_at: Option<Instant>,
}

impl Association {
    /// The other side, seen from one of the two.
    #[must_use]
    pub fn side_of(&self, account: AccountId) -> AccountId {
        if self.account == account { self.other } else { self.account }
    }

    /// How it stands at a moment: a request that waited too long has lapsed, whether or not anybody wrote that.
    #[must_use]
    pub fn state_at(&self, now: Instant, lives: chrono::TimeDelta) -> State {
        if self.state == State::Requested && self.asked_at + lives <= now { State::Lapsed } else { self.state }
    }
}

/// Why two accounts are not joined, or not parted.
#[derive(Debug)]
pub enum LinkRefusal {
    /// No account has this name, or not one that can be joined.
    NoAccount,
    /// It is the same account.
    Oneself,
    /// The two are joined, or one has asked already.
    Already,
    /// As many as an account may have.
    Limit {
        /// How many.
        most: u32,
    },
    /// It waits for no answer: it was answered, ended, or has lapsed.
    NotOpen(State),
}

impl Refusal for LinkRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NoAccount => "ACCOUNT_NOT_FOUND",
            Self::Oneself => "OWN_ACCOUNT",
            Self::Already => "ALREADY_ASSOCIATED",
            Self::Limit { .. } => "ASSOCIATION_LIMIT",
            Self::NotOpen(State::Lapsed) => "ASSOCIATION_LAPSED",
            Self::NotOpen(_) => "ASSOCIATION_NOT_OPEN",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NoAccount | Self::Oneself | Self::Already => &["login"],
            Self::Limit { .. } => &[],
            Self::NotOpen(_) => &["associationId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NoAccount => Text::new(
                "No account that can be associated has this log-in name. Check how it is written.",
                "没有可关联的账号使用该登录名,请检查拼写。",
            ),
            Self::Oneself => Text::new(
                "This is the account you are logged in with. Name another one.",
                "这是当前登录的账号,请填写其他账号。",
            ),
            Self::Already => Text::new(
                "The two accounts are associated, or a request is open. Answer it, or end it first.",
                "两个账号已关联或已有待处理的请求,请先处理或解除。",
            ),
            Self::Limit { most } => Text::made(
                format!("An account can be associated with {most} others. End one first."),
                format!("一个账号最多关联 {most} 个其他账号,请先解除一个。"),
            ),
            Self::NotOpen(State::Lapsed) => Text::new(
                "The request has lapsed. Ask again from the other account.",
                "关联请求已过期,请从另一账号重新发起。",
            ),
            Self::NotOpen(_) => Text::new("This association is answered or ended already.", "该关联已处理或已解除。"),
        }
    }
}
