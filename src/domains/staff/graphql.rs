//! What this domain adds to a shop.

use async_graphql::{Context, ID, Object};
use kith_macros::guarded;

use super::explain::entry::EffectivePermission;
use super::explain::past::{WhoCould, permissions_at, who_could};
use super::login_policies::graphql::{LoginPolicy, policy};
use super::positions::graphql::{Position, positions_of};
use super::sub_accounts::list::{SubAccountConnection, sub_accounts_of};
use super::sub_accounts::model::State;
use super::unused::graphql::{UnusedPermission, unused};
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::parse;
use crate::graphql::scalars::DateTime;
use crate::graphql::shown::Shown;
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
    ) -> async_graphql::Result<Shown<SubAccountConnection>> {
        let request = RequestContext::of(ctx)?;
        let position = position_id.map(|id| parse(&id, "position")).transpose().or_client(request)?;
        let page = PageArgs { first, after, last, before };
        sub_accounts_of(ctx, request, self.shop, (state, position), page).await.map(Shown).or_client(request)
    }

    /// When and how those of a position may log in; null when nothing is limited.
    #[requires("staff.read")]
    async fn login_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The position.")] position_id: ID,
    ) -> async_graphql::Result<Option<LoginPolicy>> {
        let request = RequestContext::of(ctx)?;
        let position = parse(&position_id, "position").or_client(request)?;
        policy(request, self.shop, position).await.or_client(request)
    }

    /// Personal grants under which nothing was done for so many days, reading aside; at most 100. `trimUnusedPermissions` takes
    /// them back.
    #[requires("staff.read")]
    async fn unused_permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For how many days.", default = 90)] days: i32,
    ) -> async_graphql::Result<Vec<UnusedPermission>> {
        let request = RequestContext::of(ctx)?;
        unused(request, self.shop, days).await.or_client(request)
    }

    /// Its positions, the highest first; at most 100.
    #[requires("staff.read")]
    async fn positions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Position>> {
        let request = RequestContext::of(ctx)?;
        positions_of(request, self.shop).await.or_client(request)
    }

    /// What a sub-account held at a past moment, hours and amounts aside; at most 100 (requirement 5.10).
    #[requires("staff.read")]
    async fn permissions_at(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sub-account.")] sub_account_id: ID,
        #[graphql(desc = "The moment; not one to come.")] at: DateTime,
    ) -> async_graphql::Result<Vec<EffectivePermission>> {
        let request = RequestContext::of(ctx)?;
        let who = parse(&sub_account_id, "subAccount").or_client(request)?;
        permissions_at(request, self.shop, who, at).await.or_client(request)
    }

    /// Who could use a permission at a moment, the main account included; amounts aside (requirement 5.10).
    #[requires("staff.read")]
    async fn who_could(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the permission.")] permission: String,
        #[graphql(desc = "The moment; now when it is left out.")] at: Option<DateTime>,
    ) -> async_graphql::Result<WhoCould> {
        let request = RequestContext::of(ctx)?;
        who_could(request, self.shop, &permission, at).await.or_client(request)
    }
}
