//! `closeConversation`: the agent, or whoever manages the desk, ends it.

use serde::Serialize;
use serde_json::json;

use super::contact::Said;
use crate::command::{Command, Tx};
use crate::domains::service_desk::conversations::model::{ChatRefusal, Conversation, State};
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::perms::{MANAGE, SERVE};
use crate::kernel::Fault;
use crate::kernel::ids::ConversationId;

/// Ends a conversation.
#[derive(Debug, Serialize)]
pub struct CloseConversation {
    /// Which.
    pub conversation: ConversationId,
}

impl Command for CloseConversation {
    const NAME: &'static str = "closeConversation";
    type Output = Said;
    type Refusal = ChatRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Said, Fault<ChatRefusal>> {
        let found = store::lock(tx.conn, self.conversation).await?;
        let permit = tx.permit(SERVE, found).await?;
        let before = permit.record();
        if before.state == State::Closed {
            return Err(Fault::Refused(ChatRefusal::Closed));
        }
        if before.agent_id != permit.seat.sub_account && !permit.seat.holds(MANAGE, tx.now) {
            return Err(Fault::Refused(ChatRefusal::NotYours));
        }
        if let (true, Some(agent)) = (before.awaits_shop, before.agent_id) {
            store::waits(tx.conn, before.shop_id, agent, -1).await?;
        }
        let conversation =
            Conversation { state: State::Closed, awaits_shop: false, closed_at: Some(tx.now), ..before.clone() };
        store::update(tx.conn, &conversation).await?;
        tx.record_under(&permit, &conversation.id, json!({ "messages": conversation.messages }));
        Ok(Said { seq: conversation.messages, arrived: true, conversation })
    }
}
