//! A conversation, its messages, and why one is refused.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::{chat_messages, conversations};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, ChatMessageId, ConversationId, DeskGroupId, ShopId, SubAccountId};
use crate::kernel::{Instant, Text};
use crate::permissions::Guarded;

/// Characters of a message at most.
pub const LONGEST: usize = 1_000;
/// The use that messages are sealed for.
pub const SEALED_FOR: &str = "chat";

/// How a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "ConversationState")]
pub enum State {
    /// An agent has it.
    Open,
    /// It waits in the offline queue.
    Queued,
    /// It is over.
    Closed,
}

impl State {
    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Queued => "QUEUED",
            Self::Closed => "CLOSED",
        }
    }
}

impl TryFrom<String> for State {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        [Self::Open, Self::Queued, Self::Closed].into_iter().find(|state| state.text() == text).ok_or(text)
    }
}

/// A conversation.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = conversations)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Conversation {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: ConversationId,
    /// The buyer.
    pub buyer_id: AccountId,
    /// The page that it was begun on.
    pub page: String,
    /// The group that the page was bound to then.
    pub group_id: Option<DeskGroupId>,
    /// Who has it.
    pub agent_id: Option<SubAccountId>,
    /// How it stands.
    #[diesel(deserialize_as = String)]
    pub state: State,
    /// Whether the buyer waits for an answer.
    pub awaits_shop: bool,
    /// When it was begun.
    pub opened_at: Instant,
    /// When the shop first answered.
    pub first_reply_at: Option<Instant>,
    /// When something was last said.
    pub last_message_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// How many messages arrived or did not.
    pub messages: i64,
    /// How often it was assigned.
    pub assignments: i32,
}

impl Guarded for Conversation {
    const KIND: &'static str = "conversation";
    fn shop(&self) -> ShopId {
        self.shop_id
    }
    fn target(&self) -> String {
        self.id.to_string()
    }
}

/// A message.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = chat_messages)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Message {
    /// The shop.
    pub shop_id: ShopId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Its place in the conversation, from 1.
    pub seq: i64,
    /// The id.
    pub id: ChatMessageId,
    /// Whether the buyer wrote it.
    pub from_buyer: bool,
    /// Who of the staff wrote it; none: the buyer, or the main account.
    pub sub_account_id: Option<SubAccountId>,
    /// What it says, sealed.
    pub body: Vec<u8>,
    /// Whether it arrived: not from a muted sender (requirement 4.5).
    pub arrived: bool,
    /// When.
    pub at: Instant,
}

/// Why nothing is said or closed.
#[derive(Debug)]
pub enum ChatRefusal {
    /// An empty text, one too long, or with hidden characters.
    TextInvalid,
    /// A page that is empty or too long.
    PageInvalid,
    /// It is the buyer's own shop.
    OwnShop,
    /// It is over.
    Closed,
    /// Another agent has it.
    NotYours,
    /// It is to go to the agent who has it.
    Theirs,
    /// It is to go to an agent who cannot answer now.
    AgentNotThere,
}

impl Refusal for ChatRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::TextInvalid => "TEXT_INVALID",
            Self::PageInvalid => "PAGE_INVALID",
            Self::OwnShop => "OWN_SHOP",
            Self::Closed => "CONVERSATION_CLOSED",
            Self::NotYours => "NOT_YOUR_CONVERSATION",
            Self::Theirs => "ALREADY_ASSIGNED",
            Self::AgentNotThere => "AGENT_NOT_AVAILABLE",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::TextInvalid => &["text"],
            Self::PageInvalid => &["page"],
            Self::OwnShop => &["shopId"],
            Self::Closed | Self::NotYours => &["conversationId"],
            Self::Theirs | Self::AgentNotThere => &["subAccountId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::TextInvalid => Text::new("A message has 1 to 1000 characters.", "消息为 1 到 1000 个字符。"),
            Self::PageInvalid => {
                Text::new("A page has 1 to 100 characters on one line.", "页面标识为 1 到 100 个字符,不可换行。")
            }
            Self::OwnShop => Text::new("Nobody asks their own shop.", "不能咨询自己的店铺。"),
            Self::Closed => Text::new(
                "This conversation is over. A buyer begins another with contactShop.",
                "会话已结束,买家可通过 contactShop 重新发起。",
            ),
            Self::NotYours => Text::new(
                "Another agent has this conversation. Ask whoever manages the desk to hand it over with assignConversation.",
                "该会话由其他客服接待,请联系管理员通过 assignConversation 转接。",
            ),
            Self::Theirs => Text::new(
                "This agent has the conversation already; nothing was changed.",
                "该会话已由此客服接待,未做任何修改。",
            ),
            Self::AgentNotThere => Text::new(
                "This agent cannot answer now: not online, not certified, or without desk.serve. Choose another, or ask them to \
                 come online.",
                "该客服当前无法接待:不在线、未认证或没有 desk.serve 权限。请选择其他客服,或请其上线。",
            ),
        }
    }
}
