//! Writing, answering and closing in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::Conversation;
use super::ops::close::CloseConversation;
use super::ops::contact::{ContactShop, Said};
use super::ops::hand_over::AssignConversation;
use super::ops::send::ReplyToBuyer;
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::kernel::Text;

/// What a buyer says to a shop.
#[derive(InputObject)]
pub struct ContactShopInput {
    /// The shop.
    pub shop_id: ID,
    /// The page that it is written from: the id of an item, or a word of the shop's own.
    #[graphql(default = "home")]
    pub page: String,
    /// What to say: 1 to 1000 characters.
    #[graphql(secret)]
    pub text: String,
}

/// What the shop says to a buyer.
#[derive(InputObject)]
pub struct ReplyToBuyerInput {
    /// The conversation.
    pub conversation_id: ID,
    /// What to say: 1 to 1000 characters.
    #[graphql(secret)]
    pub text: String,
}

/// A conversation that is over.
#[derive(InputObject)]
pub struct CloseConversationInput {
    /// The conversation.
    pub conversation_id: ID,
}

/// A conversation that somebody else is to have.
#[derive(InputObject)]
pub struct AssignConversationInput {
    /// The conversation.
    pub conversation_id: ID,
    /// The agent who is to have it.
    pub sub_account_id: ID,
}

/// The conversation after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ConversationPayload {
    /// The conversation.
    pub conversation: Option<Conversation>,
    /// Whether what was said arrived. What a muted sender writes does not (requirement 4.5).
    pub arrived: Option<bool>,
    /// What to do so that it arrives, in the language of `Accept-Language`; null when it did.
    pub hint: Option<String>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Conversations.
#[derive(Default)]
pub struct ConversationMutation;

#[guarded]
#[Object]
impl ConversationMutation {
    /// Writes to a shop. The first message begins a conversation, which is assigned by the shop's rule. Codes: `TEXT_INVALID`,
    /// `PAGE_INVALID`, `OWN_SHOP`.
    #[requires(account)]
    async fn contact_shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ContactShopInput,
    ) -> async_graphql::Result<ConversationPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = parse(&input.shop_id, "shop").or_client(request)?;
        let command = ContactShop { shop, page: input.page, text: input.text };
        Ok(payload(request, execute(ctx, command).await?))
    }

    /// Answers a buyer. What a muted sender writes does not arrive, and `arrived` says so. Codes: `TEXT_INVALID`,
    /// `CONVERSATION_CLOSED`, `NOT_YOUR_CONVERSATION`.
    #[requires("desk.serve")]
    async fn reply_to_buyer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ReplyToBuyerInput,
    ) -> async_graphql::Result<ConversationPayload> {
        let request = RequestContext::of(ctx)?;
        let conversation = parse(&input.conversation_id, "conversation").or_client(request)?;
        Ok(payload(request, execute(ctx, ReplyToBuyer { conversation, text: input.text }).await?))
    }

    /// Ends a conversation. Codes: `CONVERSATION_CLOSED`, `NOT_YOUR_CONVERSATION`.
    #[requires("desk.serve")]
    async fn close_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CloseConversationInput,
    ) -> async_graphql::Result<ConversationPayload> {
        let request = RequestContext::of(ctx)?;
        let conversation = parse(&input.conversation_id, "conversation").or_client(request)?;
        Ok(payload(request, execute(ctx, CloseConversation { conversation }).await?))
    }

    /// Gives a conversation to an agent by hand, from the queue or from whoever has it. Codes: `CONVERSATION_CLOSED`,
    /// `ALREADY_ASSIGNED`, `AGENT_NOT_AVAILABLE`.
    #[requires("desk.manage")]
    async fn assign_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AssignConversationInput,
    ) -> async_graphql::Result<ConversationPayload> {
        let request = RequestContext::of(ctx)?;
        let conversation = parse(&input.conversation_id, "conversation").or_client(request)?;
        let to = parse(&input.sub_account_id, "agent").or_client(request)?;
        Ok(payload(request, execute(ctx, AssignConversation { conversation, to }).await?))
    }
}

fn payload(request: &RequestContext, answer: Answer<Said>) -> ConversationPayload {
    let (said, user_errors) = answer.split(|said| said);
    let Some(said) = said else {
        return ConversationPayload { conversation: None, arrived: None, hint: None, user_errors };
    };
    let hint = (!said.arrived).then(|| MUTED.get(request.locale).to_owned());
    let (arrived, conversation) = (Some(said.arrived), Conversation::seen_by(request, said.conversation));
    ConversationPayload { conversation, arrived, hint, user_errors }
}

/// What a muted sender is told.
const MUTED: Text = Text::new(
    "This did not arrive: you are not certified yet, so the buyer sees nothing that you write. Ask for a QR code with \
     createCertificationCode, or certify the account that you log in with, and write it again.",
    "消息未送达:您尚未完成认证,买家看不到您发送的内容。请通过 createCertificationCode 获取二维码完成认证,或为您的登录账号完成实名认证后重新发送。",
);
