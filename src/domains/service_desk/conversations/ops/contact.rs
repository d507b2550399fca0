//! `contactShop`: a buyer writes to a shop; the first message begins a conversation and has it assigned (requirement 4.17).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::assign::{assign, tell};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::own;
use crate::domains::service_desk::conversations::model::{
    ChatRefusal, Conversation, LONGEST, Message, SEALED_FOR, State,
};
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::messages::store as messages;
use crate::domains::service_desk::routing::model::route;
use crate::domains::service_desk::routing::store as routing;
use crate::domains::shops::shop::store as shops;
use crate::kernel::ids::{ChatMessageId, ConversationId, ShopId, SubAccountId};
use crate::kernel::{Fault, names};

/// Writes to a shop.
#[derive(Serialize)]
pub struct ContactShop {
    /// The shop.
    pub shop: ShopId,
    /// The page that it is written from.
    pub page: String,
    /// What to say.
    #[serde(skip_serializing)]
    pub text: String,
}

/// What was said, and where.
#[derive(Debug, Serialize, Deserialize)]
pub struct Said {
    /// The conversation.
    pub conversation: Conversation,
    /// The place of the message.
    pub seq: i64,
    /// Whether it arrived.
    pub arrived: bool,
}

impl Command for ContactShop {
    const NAME: &'static str = "contactShop";
    /// What is said is not part of its content, so a key could not tell two messages apart.
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Said;
    type Refusal = ChatRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Said, Fault<ChatRefusal>> {
        let buyer = own::of_command(tx)?;
        if !names::is_prose(&self.text, LONGEST) {
            return Err(Fault::Refused(ChatRefusal::TextInvalid));
        }
        if !names::is_line(&self.page, 100) {
            return Err(Fault::Refused(ChatRefusal::PageInvalid));
        }
        if tx.actor()?.seat(self.shop).is_some() {
            return Err(Fault::Refused(ChatRefusal::OwnShop));
        }
        if shops::by_ids(tx.conn, &[self.shop]).await?.is_empty() {
            return Err(Fault::NotFound { what: "shop" });
        }
        // First the desk, then the conversation: everywhere in this order, so that nobody waits crosswise.
        routing::lock(tx.conn, self.shop).await?;
        let open = store::lock_open(tx.conn, self.shop, buyer).await?;
        let is_new = open.is_none();
        let mut conversation = open.unwrap_or_else(|| Conversation {
            shop_id: self.shop,
            id: ConversationId::generate(),
            buyer_id: buyer,
            page: self.page.clone(),
            group_id: None,
            agent_id: None,
            state: State::Queued,
            awaits_shop: true,
            opened_at: tx.now,
            first_reply_at: None,
            last_message_at: tx.now,
            closed_at: None,
            messages: 0,
            assignments: 0,
        });
        if is_new {
            store::insert(tx.conn, &conversation).await?;
        }
        let of = (self.shop, buyer, conversation.page.as_str());
        let look = routing::look(tx.conn, of, &tx.env.desk, tx.now).await?;
        let is_there = |id: SubAccountId| look.online.iter().any(|agent| agent.id == id);
        if let Some(agent) = conversation.agent_id.filter(|id| is_there(*id)) {
            if !conversation.awaits_shop {
                store::waits(tx.conn, self.shop, agent, 1).await?;
            }
            conversation.awaits_shop = true;
        } else if conversation.state == State::Open || is_new || route(&look.online, &look.question).agent.is_some() {
            // Nobody has it, or whoever had it is not there: the rule decides anew.
            let had = conversation.agent_id.take();
            if let Some(before) = had.filter(|_| conversation.awaits_shop) {
                store::waits(tx.conn, self.shop, before, -1).await?;
            }
            conversation.awaits_shop = true;
            let routed = assign(tx.conn, &mut conversation, &look, had, tx.now).await?;
            tell(tx, &conversation, routed);
        }
        conversation.messages += 1;
        conversation.last_message_at = tx.now;
        store::update(tx.conn, &conversation).await?;
        let message = Message {
            shop_id: self.shop,
            conversation_id: conversation.id,
            seq: conversation.messages,
            id: ChatMessageId::generate(),
            from_buyer: true,
            sub_account_id: None,
            body: tx.env.keys.seal(SEALED_FOR, self.text.as_bytes()),
            arrived: true,
            at: tx.now,
        };
        messages::say(tx.conn, &message).await?;
        tx.record(Entry {
            chain: Chain::Account(buyer),
            target: conversation.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "seq": conversation.messages }),
        });
        Ok(Said { seq: conversation.messages, arrived: true, conversation })
    }
}
