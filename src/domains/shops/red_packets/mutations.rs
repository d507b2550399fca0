//! Sending and claiming red packets in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{RedPacket, RedPacketSplit};
use super::ops::claim::ClaimRedPacket;
use super::ops::send::SendRedPacket;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::graphql::scalars::{DateTime, Money, MoneyInput};

/// A red packet to send.
#[derive(InputObject)]
pub struct SendRedPacketInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// What it is called: 1 to 40 characters.
    pub name: String,
    /// The budget, in the shop's currency. It is taken from the main account's balance.
    pub budget: MoneyInput,
    /// Into how many shares: 1 to 1,000.
    pub shares: i32,
    /// How it is split.
    #[graphql(default_with = "RedPacketSplit::Random")]
    pub split: RedPacketSplit,
    /// From when it can be claimed; now, if nothing is said.
    pub starts_at: Option<DateTime>,
    /// Until when: within 90 days.
    pub ends_at: DateTime,
}

/// A red packet to claim.
#[derive(InputObject)]
pub struct ClaimRedPacketInput {
    /// Which.
    pub red_packet_id: ID,
}

/// The red packet that was sent.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SendRedPacketPayload {
    /// The red packet.
    pub red_packet: Option<RedPacket>,
    /// Why none was sent.
    pub user_errors: Vec<UserError>,
}

/// What was claimed.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ClaimRedPacketPayload {
    /// How much; it is on the balance.
    pub amount: Option<Money>,
    /// Why nothing was claimed.
    pub user_errors: Vec<UserError>,
}

/// Red packets.
#[derive(Default)]
pub struct RedPacketMutation;

#[guarded]
#[Object]
impl RedPacketMutation {
    /// Sends a red packet (店铺红包). Needs `@idempotent`. The grant's limits count the budget. Codes: `INVALID_AMOUNT`,
    /// `SHARES_INVALID`, `NAME_INVALID`, `WINDOW_INVALID`, `BALANCE_TOO_LOW`, `SECOND_APPROVER_NEEDED`, `MUTED`, `SHOP_CLOSED`.
    #[requires("red_packet.send")]
    async fn send_red_packet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SendRedPacketInput,
    ) -> async_graphql::Result<SendRedPacketPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = SendRedPacket {
            shop,
            name: input.name,
            budget: input.budget.into(),
            shares: input.shares,
            split: input.split.into(),
            starts_at: input.starts_at.map(|at| at.0),
            ends_at: input.ends_at.0,
            seed: rand::random(),
        };
        let (red_packet, user_errors) = execute(ctx, command).await?.split(|sent| RedPacket(sent.packet));
        Ok(SendRedPacketPayload { red_packet, user_errors })
    }

    /// Claims a share of a red packet, one for each buyer; it goes to the balance. Needs `@idempotent`. Codes: `OWN_SHOP`,
    /// `RED_PACKET_NOT_YET`, `RED_PACKET_OVER`, `RED_PACKET_GONE`, `RED_PACKET_CLAIMED`.
    #[requires(account)]
    async fn claim_red_packet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ClaimRedPacketInput,
    ) -> async_graphql::Result<ClaimRedPacketPayload> {
        let request = RequestContext::of(ctx)?;
        let packet = parse(&input.red_packet_id, "red packet").or_client(request)?;
        let (amount, user_errors) = execute(ctx, ClaimRedPacket { packet }).await?.split(|got| got.amount.into());
        Ok(ClaimRedPacketPayload { amount, user_errors })
    }
}
