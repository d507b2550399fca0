//! `assignConversation`: whoever manages the desk gives a conversation to an agent by hand (requirement 4.17).

use serde::Serialize;
use serde_json::json;

use super::assign::{place, tell};
use super::contact::Said;
use crate::command::{Command, Tx};
use crate::domains::service_desk::agents::store as agents;
use crate::domains::service_desk::conversations::model::{ChatRefusal, Conversation, State};
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::perms::MANAGE;
use crate::domains::service_desk::routing::model::{Reason, Routed};
use crate::domains::service_desk::routing::store as routing;
use crate::kernel::Fault;
use crate::kernel::ids::{ConversationId, SubAccountId};
use crate::permissions::Guarded as _;

/// Gives a conversation to an agent.
#[derive(Debug, Serialize)]
pub struct AssignConversation {
    /// Which.
    pub conversation: ConversationId,
    /// To whom.
    pub to: SubAccountId,
}

impl Command for AssignConversation {
    const NAME: &'static str = "assignConversation";
    type Output = Said;
    type Refusal = ChatRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Said, Fault<ChatRefusal>> {
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let missing = || Fault::NotFound { what: Conversation::KIND };
        let shop = store::get(tx.conn, self.conversation).await?.ok_or_else(missing)?.shop_id;
        // Who has no seat in the shop locks nothing there (h19).
        if tx.actor()?.seat(shop).is_none() {
            return Err(missing());
        }
        routing::lock(tx.conn, shop).await?;
        let found = store::lock(tx.conn, self.conversation).await?;
        let permit = tx.permit(MANAGE, found).await?;
        let mut conversation = permit.record().clone();
        if conversation.state == State::Closed {
            return refuse(ChatRefusal::Closed);
        }
        if agents::agent(tx.conn, shop, self.to).await?.is_none() {
            return Err(Fault::NotFound { what: "agent" });
        }
        if conversation.agent_id == Some(self.to) {
            return refuse(ChatRefusal::Theirs);
        }
        if !routing::can_answer(tx.conn, shop, self.to, &tx.env.desk, tx.now).await? {
            return refuse(ChatRefusal::AgentNotThere);
        }
        let from = conversation.agent_id;
        let routed = Routed { agent: Some(self.to), reason: Reason::ByManager };
        place(tx.conn, &mut conversation, routed, from, tx.now).await?;
        store::update(tx.conn, &conversation).await?;
        tell(tx, &conversation, routed);
        tx.record_under(&permit, &conversation.id, json!({ "from": from, "to": self.to }));
        Ok(Said { seq: conversation.messages, arrived: true, conversation })
    }
}
