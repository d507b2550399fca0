//! What this domain adds to a shop.

use async_graphql::{Context, ID, Object};
use kith_macros::guarded;

use super::positions::graphql::{Position, positions_of};
use super::sub_accounts::list::{SubAccountConnection, sub_accounts_of};
use super::sub_accounts::model::State;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::parse;
use crate::kernel::ids::ShopId;

/// A shop: the part about its staff.
pub struct ShopStaff {
    /// The shop.
    pub shop: ShopId,
}

#[guarded]
#[Object]
impl ShopStaff {
    /// Its sub-accounts, by creation.
    #[requires("staff.read")]
    #[expect(clippy::too_many_arguments, reason = "a connection has four arguments, and two filters")]
    async fn sub_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those in this state only.")] state: Option<State>,
        #[graphql(desc = "Those with this position only.")] position_id: Option<ID>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<SubAccountConnection> {
        let request = RequestContext::of(ctx)?;
        let position = position_id.map(|id| parse(&id, "position")).transpose().or_client(request)?;
        let page = PageArgs { first, after, last, before };
        sub_accounts_of(ctx, request, self.shop, (state, position), page).await.or_client(request)
    }

    /// Its positions, the highest first; at most 100.
    #[requires("staff.read")]
    async fn positions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Position>> {
        let request = RequestContext::of(ctx)?;
        positions_of(request, self.shop).await.or_client(request)
    }
}
