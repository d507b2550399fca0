//! The subscription of both sides.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Error, ID, Subscription};
use futures_util::{Stream, StreamExt};
use kith_macros::guarded;

use super::graphql::{ChatMessage, message};
use super::store::{self, For};
use super::stream::Chats;
use crate::domains::service_desk::conversations::graphql::eyes;
use crate::domains::service_desk::conversations::model::{Conversation, Message};
use crate::domains::service_desk::conversations::store as conversations;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::to_client;
use crate::graphql::ids;
use crate::graphql::live::{self, Followed, Head};
use crate::graphql::recheck::{self, SharedRecheck, by_itself};
use crate::kernel::Fault;
use crate::kernel::ids::ConversationId;

/// Messages that a listener reads ahead.
const PAGE: i64 = 20;

/// Messages of conversations, as they come.
#[derive(Default)]
pub struct ChatSubscription;

#[guarded]
#[Subscription]
impl ChatSubscription {
    /// Every new message of a conversation, in order, for its buyer, its agent, and whoever manages the shop's desk. It ends
    /// with a NOT_FOUND error when the conversation goes to somebody else, and with UNAUTHENTICATED when the session ends.
    #[requires(login)]
    async fn chat_message_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] conversation_id: ID,
    ) -> Result<impl Stream<Item = Result<ChatMessage, Error>>, Error> {
        let request = Arc::clone(RequestContext::of(ctx)?);
        let listener = listen(ctx, &request, &conversation_id).await.map_err(|fault| to_client(fault, &request))?;
        let (shown, every) = (Arc::clone(&request), listener.recheck_every);
        Ok(live::follow(listener, every)
            .map(move |row| row.and_then(|row| message(&shown, &row)).map_err(|fault| to_client(fault, &request))))
    }
}

struct Listener {
    request: Arc<RequestContext>,
    recheck: SharedRecheck,
    recheck_every: Duration,
    id: ConversationId,
    head: Head<ConversationId>,
    last: i64,
}

async fn listen(ctx: &Context<'_>, request: &Arc<RequestContext>, id: &ID) -> Result<Listener, Fault> {
    let id: ConversationId = ids::parse(id, "conversation")?;
    let chats = ctx.data_opt::<Arc<Chats>>().ok_or_else(|| Fault::internal("the schema has no chats"))?;
    let mut listener = Listener {
        request: Arc::clone(request),
        recheck: recheck::of(ctx)?,
        recheck_every: Duration::from_millis(chats.settings.recheck_interval_ms),
        id,
        head: chats.heads.listen(id),
        last: 0,
    };
    listener.last = listener.allowed().await?.0.messages;
    Ok(listener)
}

impl Followed for Listener {
    type Row = Message;

    async fn read_on(&mut self) -> Result<Vec<Message>, Fault> {
        if self.head.told() <= self.last {
            return Ok(Vec::new());
        }
        let (conversation, eyes) = self.allowed().await?;
        let (request, of, last) = (Arc::clone(&self.request), (conversation.shop_id, conversation.id), self.last);
        let rows =
            by_itself(async move { Ok(store::after(&mut *request.conn().await?, of, last, PAGE).await?) }).await?;
        // What did not arrive is passed over: the next look begins behind it.
        let full = i64::try_from(rows.len()).unwrap_or(PAGE) >= PAGE;
        let read = rows.last().map_or(self.last, |row| row.seq);
        self.last = if full { read } else { read.max(conversation.messages) };
        Ok(rows.into_iter().filter(|row| eyes.see(row)).collect())
    }

    async fn more(&mut self) {
        self.head.beyond(self.last).await;
    }

    /// Whoever it was taken from does not see it (h17).
    async fn still_allowed(&mut self) -> Result<(), Fault> {
        self.allowed().await.map(|_| ())
    }
}

impl Listener {
    /// The conversation and whose eyes it is seen with, as of now.
    async fn allowed(&self) -> Result<(Conversation, For), Fault> {
        let (recheck, request, id) = (Arc::clone(&self.recheck), Arc::clone(&self.request), self.id);
        by_itself(async move {
            let actor = recheck.actor().await?;
            let found = conversations::get(&mut *request.conn().await?, id).await?;
            let now = request.door.clock.now();
            let found = found.and_then(|found| eyes(&actor, &found, now).map(|eyes| (found, eyes)));
            found.ok_or(Fault::NotFound { what: "conversation" })
        })
        .await
    }
}
