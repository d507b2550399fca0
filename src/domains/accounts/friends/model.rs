//! How two accounts stand, and why a friend is not added.

use serde::{Deserialize, Serialize};

use crate::kernel::Text;
use crate::kernel::fault::Refusal;

/// How one account stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "FriendState")]
pub enum State {
    /// This account has asked, and the other has not answered.
    Asked,
    /// The other has asked, and this account has not answered.
    Awaits,
    /// They are friends.
    Friends,
}

impl State {
    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Asked => "ASKED",
            Self::Awaits => "AWAITS",
            Self::Friends => "FRIENDS",
        }
    }

    /// Reads what [`State::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Asked, Self::Awaits, Self::Friends].into_iter().find(|state| state.text() == text)
    }

    /// The same, seen from the other side.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Asked => Self::Awaits,
            Self::Awaits => Self::Asked,
            Self::Friends => Self::Friends,
        }
    }
}

/// Why a friend is not added.
#[derive(Debug)]
pub enum FriendRefusal {
    /// No account has this name.
    NoAccount,
    /// It is oneself.
    Oneself,
    /// They are friends, or one was asked already.
    Already(State),
    /// As many as an account may have.
    Limit {
        /// How many.
        most: u32,
    },
    /// The other did not ask.
    NotAsked,
}

impl Refusal for FriendRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NoAccount => "ACCOUNT_NOT_FOUND",
            Self::Oneself => "OWN_ACCOUNT",
            Self::Already(State::Friends) => "ALREADY_FRIENDS",
            Self::Already(_) => "ALREADY_ASKED",
            Self::Limit { .. } => "FRIEND_LIMIT",
            Self::NotAsked => "NOT_ASKED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NoAccount | Self::Oneself | Self::Already(_) => &["login"],
            Self::NotAsked => &["friendId"],
            Self::Limit { .. } => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NoAccount => Text::new(
                "No account has this log-in name. Check how it is written.",
                "没有使用该登录名的账号,请检查拼写。",
            ),
            Self::Oneself => Text::new("This is you. Name somebody else.", "这是您自己的账号,请填写其他人。"),
            Self::Already(State::Friends) => Text::new("You are friends already.", "你们已经是好友。"),
            Self::Already(_) => Text::new(
                "You have asked already; wait for the answer, or take it back with removeFriend.",
                "您已发出好友请求,请等待对方处理,或用 removeFriend 撤回。",
            ),
            Self::Limit { most } => Text::made(
                format!("An account has at most {most} friends and open requests. Remove one first."),
                format!("一个账号最多 {most} 位好友(含待处理请求),请先删除一位。"),
            ),
            Self::NotAsked => Text::new(
                "This account waits for no answer of yours. Ask it with requestFriend.",
                "对方没有待您处理的请求,请用 requestFriend 发起。",
            ),
        }
    }
}
