//! The subscription of both sides.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Error, ID, Subscription};
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use kith_macros::guarded;
use tokio::sync::watch;

use super::graphql::{ChatMessage, message};
use super::store::{self, For};
use super::stream::Chats;
use crate::domains::service_desk::conversations::graphql::eyes;
use crate::domains::service_desk::conversations::model::{Conversation, Message};
use crate::domains::service_desk::conversations::store as conversations;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::to_client;
use crate::graphql::ids;
use crate::graphql::recheck::{SharedRecheck, by_itself};
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
        let shown = Arc::clone(&request);
        let messages = unfold(Some(listener), |listener| async {
            let mut listener = listener?;
            match listener.next().await {
                Ok(row) => Some((Ok(row), Some(listener))),
                Err(fault) => Some((Err(fault), None)),
            }
        });
        Ok(messages
            .map(move |row| row.and_then(|row| message(&shown, &row)).map_err(|fault| to_client(fault, &request))))
    }
}

struct Listener {
    chats: Arc<Chats>,
    request: Arc<RequestContext>,
    recheck: SharedRecheck,
    id: ConversationId,
    heads: watch::Receiver<i64>,
    last: i64,
    ahead: VecDeque<Message>,
}

async fn listen(ctx: &Context<'_>, request: &Arc<RequestContext>, id: &ID) -> Result<Listener, Fault> {
    let id: ConversationId = ids::parse(id, "conversation")?;
    let chats = ctx.data_opt::<Arc<Chats>>().ok_or_else(|| Fault::internal("the schema has no chats"))?;
    let recheck = ctx.data_opt::<SharedRecheck>().ok_or_else(|| Fault::internal("the operation has no recheck"))?;
    let heads = chats.listen(id);
    let mut listener = Listener {
        chats: Arc::clone(chats),
        request: Arc::clone(request),
        recheck: Arc::clone(recheck),
        id,
        heads,
        last: 0,
        ahead: VecDeque::new(),
    };
    listener.last = listener.allowed().await?.0.messages;
    Ok(listener)
}

impl Listener {
    async fn next(&mut self) -> Result<Message, Fault> {
        let recheck = Duration::from_millis(self.chats.settings.recheck_interval_ms);
        loop {
            if let Some(row) = self.ahead.pop_front() {
                // After it was read and before it leaves: whoever it was taken from does not see it (h17).
                self.allowed().await?;
                return Ok(row);
            }
            if *self.heads.borrow_and_update() > self.last {
                self.read_on().await?;
                continue;
            }
            tokio::select! {
                changed = self.heads.changed() => if changed.is_err() {
                    self.heads = self.chats.listen(self.id);
                },
                () = tokio::time::sleep(recheck) => { self.allowed().await?; }
            }
        }
    }

    async fn read_on(&mut self) -> Result<(), Fault> {
        let (conversation, eyes) = self.allowed().await?;
        let (request, of, last) = (Arc::clone(&self.request), (conversation.shop_id, conversation.id), self.last);
        let rows =
            by_itself(async move { Ok(store::after(&mut *request.conn().await?, of, last, PAGE).await?) }).await?;
        // What did not arrive is passed over: the next look begins behind it.
        let full = i64::try_from(rows.len()).unwrap_or(PAGE) >= PAGE;
        let read = rows.last().map_or(self.last, |row| row.seq);
        self.last = if full { read } else { read.max(conversation.messages) };
        self.ahead.extend(rows.into_iter().filter(|row| eyes.see(row)));
        Ok(())
    }

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
