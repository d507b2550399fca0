//! The mutations on positions.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kith_macros::guarded;

use super::graphql::{Position, PositionPayload};
use super::loaders::PositionByKey;
use super::model::{Equipped, Kind};
use super::ops::create::CreatePosition;
use super::ops::move_staff::MoveSubAccount;
use super::ops::update::UpdatePosition;
use crate::domains::staff::sub_accounts::graphql::SubAccountPayload;
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::parse;

/// A position to add.
#[derive(InputObject)]
pub struct CreatePositionInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// Its name: 1 to 40 characters, unique in the shop.
    pub name: String,
    /// The kind of job.
    #[graphql(default_with = "Kind::Other")]
    pub kind: Kind,
    /// How high it stands, 1 to 99 and not above one's own; the usual rank of the kind when it is left out.
    pub rank: Option<i32>,
    /// The codes of what it gives; none of them high-risk.
    pub permissions: Vec<String>,
}

/// What to change of a position. What is left out stays.
#[derive(InputObject)]
pub struct UpdatePositionInput {
    /// The position.
    pub position_id: ID,
    /// Its new name.
    pub name: Option<String>,
    /// The codes of all that it is to give, the locked ones included.
    pub permissions: Option<Vec<String>>,
}

/// Who is to have another position.
#[derive(InputObject)]
pub struct MoveSubAccountInput {
    /// The sub-account.
    pub sub_account_id: ID,
    /// Its new position.
    pub position_id: ID,
}

/// Positions.
#[derive(Default)]
pub struct PositionMutation;

#[guarded]
#[Object]
impl PositionMutation {
    /// Adds a position. Codes: `NAME_…`, `NAME_TAKEN`, `RANK_INVALID`, `ABOVE_OWN_RANK`, `UNKNOWN_PERMISSION`, `HIGH_RISK`,
    /// `MAIN_ACCOUNT_ONLY`, `PLATFORM_ONLY`, `PERMISSION_NOT_HELD`, `WIDER_THAN_OWN`, `TOO_MANY_POSITIONS`.
    #[requires("position.manage")]
    async fn create_position(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CreatePositionInput,
    ) -> async_graphql::Result<PositionPayload> {
        let request = RequestContext::of(ctx)?;
        let command = CreatePosition {
            shop: request.shop_or_only(input.shop_id.as_ref()).or_client(request)?,
            name: input.name,
            kind: input.kind,
            rank: input.rank,
            permissions: input.permissions,
        };
        Ok(payload(request, execute(ctx, command).await?))
    }

    /// Renames a position or changes what it gives, for everybody who holds it, with their next request. Codes: as
    /// `createPosition`, and `LOCKED_BY_POSITION`, `ONESELF`, `PERMISSION_UNMANAGED`.
    #[requires("position.manage")]
    async fn update_position(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: UpdatePositionInput,
    ) -> async_graphql::Result<PositionPayload> {
        let request = RequestContext::of(ctx)?;
        let command = UpdatePosition {
            position: parse(&input.position_id, "position").or_client(request)?,
            name: input.name,
            permissions: input.permissions,
        };
        Ok(payload(request, execute(ctx, command).await?))
    }

    /// Gives a sub-account another position; its personal grants stay. Codes: `ONESELF`, `ABOVE_OWN_RANK`,
    /// `PERMISSION_NOT_HELD`, `WIDER_THAN_OWN`, `SUB_ACCOUNT_DEPARTED`, `SAME_POSITION`, `PERMISSION_UNMANAGED`.
    #[requires("position.manage")]
    async fn move_sub_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: MoveSubAccountInput,
    ) -> async_graphql::Result<SubAccountPayload> {
        let request = RequestContext::of(ctx)?;
        let command = MoveSubAccount {
            sub_account: parse(&input.sub_account_id, "subAccount").or_client(request)?,
            position: parse(&input.position_id, "position").or_client(request)?,
        };
        Ok(SubAccountPayload::of(request, execute(ctx, command).await?))
    }
}

fn payload(request: &RequestContext, answer: Answer<Equipped>) -> PositionPayload {
    let (position, user_errors) = answer.split(|equipped| {
        let equipped = Arc::new(equipped);
        let key = (equipped.position.shop_id, equipped.position.id);
        request.loaders.of::<PositionByKey>().prime([(key, Some(Arc::clone(&equipped)))]);
        Position(equipped)
    });
    PositionPayload { position, user_errors }
}
