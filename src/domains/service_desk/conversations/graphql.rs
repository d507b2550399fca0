//! Conversations in the API: the buyer's own, and the shop's.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::loaders::AssignmentsOf;
use super::model::{Conversation as Row, State};
use super::store;
use crate::connection;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::own;
use crate::domains::service_desk::agents::graphql::may_see;
use crate::domains::service_desk::messages::graphql::{ChatMessage, message};
use crate::domains::service_desk::messages::loaders::NewestMessages;
use crate::domains::service_desk::messages::store::For;
use crate::domains::service_desk::perms::{MANAGE, SERVE};
use crate::domains::service_desk::routing::model::Reason;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::{ConversationId, ShopId};
use crate::kernel::{Fault, Instant, Subject};
use crate::permissions::Actor;

/// Who got a conversation, and why.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ConversationAssignment {
    /// The sub-account; none: the offline queue.
    pub agent_id: Option<ID>,
    /// Why.
    pub reason: Reason,
    /// The same in words, in the language of `Accept-Language`.
    pub words: String,
    /// Who had it before: they departed, were not heard of any more, or had to hand it over.
    pub handed_over_from: Option<ID>,
    /// When.
    pub at: DateTime,
}

/// A conversation between a buyer and a shop.
pub struct Conversation {
    row: Arc<Row>,
    eyes: For,
}

/// A conversation between a buyer and a shop.
#[guarded(inherits)]
#[Object]
impl Conversation {
    /// The id.
    async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// The shop.
    async fn shop_id(&self) -> ID {
        id(self.row.shop_id)
    }

    /// The buyer.
    async fn buyer(&self, ctx: &Context<'_>) -> async_graphql::Result<Account> {
        let request = RequestContext::of(ctx)?;
        account(request, self.row.buyer_id).await.or_client(request)
    }

    /// The page that it was begun on.
    async fn page(&self) -> &str {
        &self.row.page
    }

    /// How it stands.
    async fn state(&self) -> State {
        self.row.state
    }

    /// Whether the buyer waits for an answer.
    async fn awaits_shop(&self) -> bool {
        self.row.awaits_shop
    }

    /// When it was begun.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.row.opened_at)
    }

    /// When something was last said.
    async fn last_message_at(&self) -> DateTime {
        DateTime(self.row.last_message_at)
    }

    /// The newest messages, in order; at most 100.
    async fn messages(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ChatMessage>> {
        let request = RequestContext::of(ctx)?;
        let found = async {
            let key = (self.row.shop_id, self.row.id, self.row.messages);
            let rows = request.loaders.of::<NewestMessages>().load(key).await?.unwrap_or_default();
            let seen = rows.iter().filter(|row| self.eyes.see(row));
            seen.map(|row| message(request, row)).collect::<Result<Vec<_>, Fault>>()
        };
        found.await.or_client(request)
    }

    /// Who got it and why, the first first; at most 100. For the shop only: a buyer sees none.
    async fn assignments(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ConversationAssignment>> {
        let request = RequestContext::of(ctx)?;
        if matches!(self.eyes, For::Buyer) {
            return Ok(Vec::new());
        }
        let key = (self.row.shop_id, self.row.id, self.row.assignments);
        let rows = request.loaders.of::<AssignmentsOf>().load(key).await.or_client(request)?.unwrap_or_default();
        let shown = rows.iter().filter_map(|(agent, reason, from, at)| {
            let reason = Reason::parse(reason)?;
            Some(ConversationAssignment {
                agent_id: agent.map(id),
                reason,
                words: reason.words().get(request.locale).to_owned(),
                handed_over_from: from.map(id),
                at: DateTime(*at),
            })
        });
        Ok(shown.collect())
    }
}

impl Conversation {
    /// A conversation as whoever asks may see it: its buyer, its agent, whoever manages the desk. Nothing for anybody else:
    /// it does not exist (h19).
    #[must_use]
    pub fn seen_by(request: &RequestContext, row: Row) -> Option<Self> {
        let eyes = eyes(request.actor().ok()?, &row, request.now)?;
        Some(Self { row: Arc::new(row), eyes })
    }
}

/// Whose eyes a conversation is seen with; nobody's of those who may not.
#[must_use]
pub fn eyes(actor: &Actor, row: &Row, now: Instant) -> Option<For> {
    if actor.subject == (Subject::Account { id: row.buyer_id }) {
        return Some(For::Buyer);
    }
    let seat = actor.seat(row.shop_id)?;
    let own = seat.sub_account.is_some() && seat.sub_account == row.agent_id && seat.holds(SERVE, now);
    (own || seat.holds(MANAGE, now)).then_some(For::Staff(seat.sub_account))
}

connection!(
    /// A page of conversations.
    ConversationConnection,
    ConversationEdge,
    Conversation
);

/// Whoever is logged in: their conversations with shops.
pub struct ViewerConversations;

#[guarded]
#[Object]
impl ViewerConversations {
    /// Conversations with shops, the newest first.
    #[requires(account)]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<ConversationConnection> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        of_buyer(request, args).await.or_client(request)
    }
}

async fn of_buyer(request: &RequestContext, args: PageArgs) -> Result<ConversationConnection, Fault> {
    let buyer = own::of_request(request)?;
    let page = args.read()?;
    let slice = store::page_of_buyer(&mut *request.conn().await?, buyer, &page).await?;
    let shown = |row: Row| Conversation { row: Arc::new(row), eyes: For::Buyer };
    Ok(ConversationConnection::new(slice, |row| row.id, shown))
}

/// A shop: the part about its conversations.
pub struct ShopConversations {
    /// The shop.
    pub shop: ShopId,
}

#[guarded]
#[Object]
impl ShopConversations {
    /// Conversations of the shop, the newest first: an agent's own, and for whoever manages the desk all of them.
    #[requires(any("desk.serve", "desk.manage"))]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that stand so.")] state: Option<State>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<ConversationConnection> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        of_shop(request, self.shop, state, args).await.or_client(request)
    }
}

async fn of_shop(
    request: &RequestContext,
    shop: ShopId,
    state: Option<State>,
    args: PageArgs,
) -> Result<ConversationConnection, Fault> {
    let permit = may_see(request, shop).await?;
    let own = request.actor()?.seat(shop).and_then(|seat| seat.sub_account);
    let agent = if request.may_read(shop, MANAGE).await { None } else { own };
    let page = args.read()?;
    let slice = store::page_of_shop(&mut *request.conn().await?, permit, (agent, state), &page).await?;
    let shown = |row: Row| Conversation { row: Arc::new(row), eyes: For::Staff(own) };
    Ok(ConversationConnection::new(slice, |row| row.id, shown))
}

/// One conversation.
#[derive(Default)]
pub struct ConversationQuery;

#[guarded]
#[Object]
impl ConversationQuery {
    /// A conversation by its id, for its buyer, its agent, and whoever manages the shop's desk; nothing for others.
    #[requires(login)]
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] id: ID,
    ) -> async_graphql::Result<Option<Conversation>> {
        let request = RequestContext::of(ctx)?;
        let Ok(wanted) = id.as_str().parse::<ConversationId>() else { return Ok(None) };
        let found = async { Ok(store::get(&mut *request.conn().await?, wanted).await?) };
        let found: Option<Row> = found.await.or_client(request)?;
        Ok(found.and_then(|row| Conversation::seen_by(request, row)))
    }
}
