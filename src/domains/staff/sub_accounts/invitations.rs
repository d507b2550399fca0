//! Invitations as the one who was asked sees them (requirement 4.19).

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{State, SubAccount as Row};
use super::ops::answer::{AcceptManagerInvitation, Answered, DeclineManagerInvitation};
use super::store;
use crate::connection;
use crate::domains::shops::shop::loaders::ShopById;
use crate::domains::staff::positions::graphql::{Position, position};
use crate::domains::staff::positions::loaders::PositionByKey;
use crate::graphql::command::{Answer, execute};
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::graphql::shown::Shown;
use crate::kernel::{Fault, Subject};

/// A shop asks somebody with an account of their own to work for it.
pub struct ManagerInvitation(pub Arc<Row>);

/// A shop asks somebody with an account of their own to work for it.
#[guarded(inherits)]
#[Object]
impl ManagerInvitation {
    /// The id: that of the sub-account that it becomes.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The shop.
    async fn shop_id(&self) -> ID {
        id(self.0.shop_id)
    }

    /// The name of the shop.
    async fn shop_name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let request = RequestContext::of(ctx)?;
        let shop = request.loaders.of::<ShopById>().load(self.0.shop_id).await.or_client(request)?;
        Ok(shop.map(|shop| shop.name.clone()).unwrap_or_default())
    }

    /// The name that one would have there.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The position that one would have, and with it the permissions.
    async fn position(&self, ctx: &Context<'_>) -> async_graphql::Result<Position> {
        let request = RequestContext::of(ctx)?;
        position(request, self.0.shop_id, self.0.position_id).await.map(Position).or_client(request)
    }

    /// `INVITED` until it is answered.
    async fn state(&self) -> State {
        self.0.state
    }

    /// When the shop asked.
    async fn invited_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

connection!(
    /// A page of invitations.
    ManagerInvitationConnection,
    ManagerInvitationEdge,
    ManagerInvitation
);

/// Whoever is logged in: the part about working for shops.
pub struct ViewerStaff;

#[guarded]
#[Object]
impl ViewerStaff {
    /// The shops that ask the account to work for them, by invitation. Empty for a sub-account.
    #[requires(login)]
    async fn manager_invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<ManagerInvitationConnection>> {
        let request = RequestContext::of(ctx)?;
        invitations_of(ctx, request, PageArgs { first, after, last, before }).await.map(Shown).or_client(request)
    }
}

async fn invitations_of(
    ctx: &Context<'_>,
    request: &RequestContext,
    args: PageArgs,
) -> Result<ManagerInvitationConnection, Fault> {
    let page = args.read()?;
    let slice = match request.actor()?.subject {
        Subject::Account { id } => {
            let mut conn = request.conn().await?;
            store::invitations(&mut conn, id, &page).await?
        }
        Subject::SubAccount { .. } => crate::kernel::page::Slice::from_fetched(&page, Vec::new()),
    };
    let node = ctx.look_ahead().field("edges").field("node");
    if node.field("position").exists() {
        let positions = slice.rows.iter().map(|row| (row.shop_id, row.position_id));
        request.loaders.of::<PositionByKey>().prime_from(request.db(), positions).await?;
    }
    if node.field("shopName").exists() {
        let shops = slice.rows.iter().map(|row| row.shop_id);
        request.loaders.of::<ShopById>().prime_from(request.db(), shops).await?;
    }
    Ok(ManagerInvitationConnection::new(slice, |row| row.id, |row| ManagerInvitation(Arc::new(row))))
}

/// An invitation to answer.
#[derive(InputObject)]
pub struct ManagerInvitationInput {
    /// The invitation.
    pub invitation_id: ID,
}

/// The invitation after the answer.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ManagerInvitationPayload {
    /// The invitation.
    pub invitation: Option<ManagerInvitation>,
    /// Always empty: whom the invitation does not concern gets "not found".
    pub user_errors: Vec<UserError>,
}

/// Answers to invitations.
#[derive(Default)]
pub struct InvitationMutation;

#[guarded]
#[Object]
impl InvitationMutation {
    /// Starts working for the shop: from the next request on it is one of the seats.
    #[requires(account)]
    async fn accept_manager_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ManagerInvitationInput,
    ) -> async_graphql::Result<ManagerInvitationPayload> {
        let request = RequestContext::of(ctx)?;
        let invitation = parse(&input.invitation_id, "invitation").or_client(request)?;
        Ok(payload(request, execute(ctx, AcceptManagerInvitation { invitation }).await?))
    }

    /// Declines. The shop can ask again.
    #[requires(account)]
    async fn decline_manager_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ManagerInvitationInput,
    ) -> async_graphql::Result<ManagerInvitationPayload> {
        let request = RequestContext::of(ctx)?;
        let invitation = parse(&input.invitation_id, "invitation").or_client(request)?;
        Ok(payload(request, execute(ctx, DeclineManagerInvitation { invitation }).await?))
    }
}

fn payload(request: &RequestContext, answer: Answer<Answered>) -> ManagerInvitationPayload {
    let (invitation, user_errors) = answer.split(|answered| {
        let key = (answered.sub_account.shop_id, answered.position.position.id);
        request.loaders.of::<PositionByKey>().prime([(key, Some(Arc::new(answered.position)))]);
        ManagerInvitation(Arc::new(answered.sub_account))
    });
    ManagerInvitationPayload { invitation, user_errors }
}
