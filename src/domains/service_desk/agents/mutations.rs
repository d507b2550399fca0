//! Setting the desk up in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{DeskAgent, DeskGroup, agent};
use super::ops::heartbeat::Heartbeat;
use super::ops::set::{AgentSet, SaveGroup, SetAgent, SetDedicated};
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;

/// A group.
#[derive(InputObject)]
pub struct SaveDeskGroupInput {
    /// The shop.
    pub shop_id: ID,
    /// The group to change; leave it out to add one.
    pub group_id: Option<ID>,
    /// Its name: 1 to 40 characters.
    pub name: String,
    /// The pages that are bound to it: at most 100.
    pub pages: Vec<String>,
}

/// The group after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeskGroupPayload {
    /// The group.
    pub group: Option<DeskGroup>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Somebody who answers buyers.
#[derive(InputObject)]
pub struct SetDeskAgentInput {
    /// The sub-account.
    pub sub_account_id: ID,
    /// The group; leave it out for none.
    pub group_id: Option<ID>,
    /// How much of the group's work they get: 0 to 100.
    #[graphql(default = 10)]
    pub weight: i32,
}

/// An agent says that they are there.
#[derive(InputObject)]
pub struct DeskHeartbeatInput {
    /// The shop.
    pub shop_id: ID,
    /// Whether they want no new conversations.
    #[graphql(default)]
    pub away: bool,
}

/// The agent after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeskAgentPayload {
    /// The agent.
    pub agent: Option<DeskAgent>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// A buyer and who is there for them.
#[derive(InputObject)]
pub struct SetDedicatedAgentInput {
    /// The shop.
    pub shop_id: ID,
    /// The buyer, whom the shop knows from a conversation.
    pub buyer_id: ID,
    /// The agent; leave it out to take it back.
    pub sub_account_id: Option<ID>,
}

/// Whether it was set.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DedicatedAgentPayload {
    /// True when it was set.
    pub done: bool,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The desk.
#[derive(Default)]
pub struct DeskMutation;

#[guarded]
#[Object]
impl DeskMutation {
    /// Adds a group of agents, or writes one anew. Codes: `GROUP_INVALID`, `NAME_TAKEN`, `GROUP_LIMIT`.
    #[requires("desk.manage")]
    async fn save_desk_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SaveDeskGroupInput,
    ) -> async_graphql::Result<DeskGroupPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = parse(&input.shop_id, "shop").or_client(request)?;
        let id = input.group_id.map(|id| parse(&id, "group")).transpose().or_client(request)?;
        let command = SaveGroup { shop, id, name: input.name, pages: input.pages };
        let (group, user_errors) = execute(ctx, command).await?.split(|saved| saved.group.into());
        Ok(DeskGroupPayload { group, user_errors })
    }

    /// Makes a sub-account an agent of the service desk, or changes how it is one. Code: `WEIGHT_INVALID`.
    #[requires("desk.manage")]
    async fn set_desk_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetDeskAgentInput,
    ) -> async_graphql::Result<DeskAgentPayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let group = input.group_id.map(|id| parse(&id, "group")).transpose().or_client(request)?;
        let command = SetAgent { sub_account, group, weight: input.weight };
        payload(request, execute(ctx, command).await?).await
    }

    /// Says that the agent who asks is there; send it every half minute. What waits in the offline queue is given out. Code:
    /// `NOT_AN_AGENT`.
    #[requires("desk.serve")]
    async fn desk_heartbeat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DeskHeartbeatInput,
    ) -> async_graphql::Result<DeskAgentPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = parse(&input.shop_id, "shop").or_client(request)?;
        payload(request, execute(ctx, Heartbeat { shop, away: input.away }).await?).await
    }

    /// Gives a buyer a dedicated agent, or takes it back.
    #[requires("desk.manage")]
    async fn set_dedicated_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetDedicatedAgentInput,
    ) -> async_graphql::Result<DedicatedAgentPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = parse(&input.shop_id, "shop").or_client(request)?;
        let buyer = parse(&input.buyer_id, "buyer").or_client(request)?;
        let agent = input.sub_account_id.map(|id| parse(&id, "agent")).transpose().or_client(request)?;
        let (done, user_errors) = execute(ctx, SetDedicated { shop, buyer, agent }).await?.split(|_| true);
        Ok(DedicatedAgentPayload { done: done.unwrap_or(false), user_errors })
    }
}

async fn payload(request: &RequestContext, answer: Answer<AgentSet>) -> async_graphql::Result<DeskAgentPayload> {
    let (set, user_errors) = answer.split(|set| set.agent);
    let Some(row) = set else { return Ok(DeskAgentPayload { agent: None, user_errors }) };
    let agent = Some(agent(request, &row).await.or_client(request)?);
    Ok(DeskAgentPayload { agent, user_errors })
}
