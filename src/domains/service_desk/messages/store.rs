//! The only SQL on `chat_messages`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::{chat_messages as m, conversations as c};
use crate::domains::service_desk::conversations::model::{Conversation, Message};
use crate::kernel::ids::{ChatMessageId, ConversationId, ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

/// Messages of one conversation that a list gives.
pub const MOST_SHOWN: i64 = 100;

/// Adds a message.
///
/// # Errors
/// The database's fault.
pub async fn say(conn: &mut AsyncPgConnection, message: &Message) -> Sql<usize> {
    diesel::insert_into(m::table).values(message).execute(conn).await
}

/// Whose eyes messages are for.
#[derive(Debug, Clone, Copy)]
pub enum For {
    /// The buyer: what arrived.
    Buyer,
    /// Somebody of the shop: what arrived, and what they wrote themselves.
    Staff(Option<SubAccountId>),
}

impl For {
    /// Whether they see a message.
    #[must_use]
    pub fn see(self, message: &Message) -> bool {
        match self {
            Self::Buyer | Self::Staff(None) => message.arrived,
            Self::Staff(own) => message.arrived || message.sub_account_id == own,
        }
    }
}

/// Messages of a conversation behind a place, the oldest first, whoever may see them.
///
/// # Errors
/// The database's fault.
pub async fn after(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, ConversationId),
    seq: i64,
    most: i64,
) -> Sql<Vec<Message>> {
    m::table
        .filter(m::shop_id.eq(shop).and(m::conversation_id.eq(id)).and(m::seq.gt(seq)))
        .order(m::seq)
        .limit(most)
        .select(Message::as_select())
        .load(conn)
        .await
}

/// The newest messages of conversations, in order: of each the last [`MOST_SHOWN`] places, which are counted without gaps.
///
/// # Errors
/// The database's fault.
pub async fn newest_of(conn: &mut AsyncPgConnection, of: &[(ShopId, ConversationId)]) -> Sql<Vec<Message>> {
    m::table
        .inner_join(c::table.on(c::shop_id.eq(m::shop_id).and(c::id.eq(m::conversation_id))))
        .filter(m::shop_id.eq_any(of.iter().map(|(shop, _)| *shop)))
        .filter(m::conversation_id.eq_any(of.iter().map(|(_, id)| *id)))
        .filter(m::seq.gt(c::messages - MOST_SHOWN))
        .order((m::conversation_id, m::seq))
        .select(Message::as_select())
        .load(conn)
        .await
}

/// A message by its id, with its conversation.
///
/// # Errors
/// The database's fault.
pub async fn message(conn: &mut AsyncPgConnection, id: ChatMessageId) -> Sql<Option<(Message, Conversation)>> {
    m::table
        .inner_join(c::table.on(c::shop_id.eq(m::shop_id).and(c::id.eq(m::conversation_id))))
        .filter(m::id.eq(id))
        .select((Message::as_select(), Conversation::as_select()))
        .first(conn)
        .await
        .optional()
}
