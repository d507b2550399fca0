//! `replyToBuyer`: somebody of the shop answers. What a muted sender writes does not arrive (requirement 4.5).

use serde::Serialize;
use serde_json::json;

use super::contact::Said;
use crate::command::{Command, KeyRule, Tx};
use crate::domains::service_desk::conversations::model::{ChatRefusal, LONGEST, Message, SEALED_FOR, State};
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::messages::store as messages;
use crate::domains::service_desk::perms::{MANAGE, SERVE};
use crate::kernel::ids::{ChatMessageId, ConversationId};
use crate::kernel::{Fault, names};

/// Answers a buyer.
#[derive(Serialize)]
pub struct ReplyToBuyer {
    /// The conversation.
    pub conversation: ConversationId,
    /// What to say.
    #[serde(skip_serializing)]
    pub text: String,
}

impl Command for ReplyToBuyer {
    const NAME: &'static str = "replyToBuyer";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Said;
    type Refusal = ChatRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Said, Fault<ChatRefusal>> {
        let found = store::lock(tx.conn, self.conversation).await?;
        let permit = tx.permit(SERVE, found).await?;
        let mut conversation = permit.record().clone();
        if !names::is_prose(&self.text, LONGEST) {
            return Err(Fault::Refused(ChatRefusal::TextInvalid));
        }
        if conversation.state == State::Closed {
            return Err(Fault::Refused(ChatRefusal::Closed));
        }
        let sub_account = permit.seat.sub_account;
        let manages = permit.seat.holds(MANAGE, tx.now);
        if conversation.agent_id != sub_account && !manages {
            return Err(Fault::Refused(ChatRefusal::NotYours));
        }
        let muted = permit.seat.is_muted();
        conversation.messages += 1;
        if !muted {
            if let (true, Some(agent)) = (conversation.awaits_shop, conversation.agent_id) {
                store::waits(tx.conn, conversation.shop_id, agent, -1).await?;
            }
            conversation.awaits_shop = false;
            conversation.first_reply_at = conversation.first_reply_at.or(Some(tx.now));
            conversation.last_message_at = tx.now;
        }
        store::update(tx.conn, &conversation).await?;
        let message = Message {
            shop_id: conversation.shop_id,
            conversation_id: conversation.id,
            seq: conversation.messages,
            id: ChatMessageId::generate(),
            from_buyer: false,
            sub_account_id: sub_account,
            body: tx.env.keys.seal(SEALED_FOR, self.text.as_bytes()),
            arrived: !muted,
            at: tx.now,
        };
        messages::say(tx.conn, &message).await?;
        let detail = json!({ "seq": conversation.messages, "arrived": !muted });
        tx.record_under(&permit, &conversation.id, detail);
        Ok(Said { seq: conversation.messages, arrived: !muted, conversation })
    }
}
