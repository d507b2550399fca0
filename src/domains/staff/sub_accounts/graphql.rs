//! Sub-accounts in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::loaders::SubAccountById;
use super::model::{State, SubAccount as Row};
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::shops::shop::loaders::ShopById;
use crate::domains::staff::certification::graphql::{StaffCertification, certification};
use crate::domains::staff::explain::entry::EffectivePermission;
use crate::domains::staff::grants::graphql::{Grant, Terms};
use crate::domains::staff::grants::loaders::{GrantsOf, counting};
use crate::domains::staff::grants::model::{Effective, Grant as GrantRow, effective};
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::STAFF_READ;
use crate::domains::staff::positions::graphql::{Position, position};
use crate::graphql::command::Answer;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::kernel::ids::{ShopId, SubAccountId};

/// A sub-account (子账号): somebody who works for a shop.
pub struct SubAccount(pub Arc<Row>);

/// A sub-account (子账号): somebody who works for a shop.
#[guarded(inherits)]
#[Object]
impl SubAccount {
    /// The id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The shop.
    async fn shop_id(&self) -> ID {
        id(self.0.shop_id)
    }

    /// The name behind the colon. Never changes (requirement 4.3).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The name in the shop's records, `main:sub`. It logs in by it, unless it is a manager with an account of their own.
    async fn login(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let request = RequestContext::of(ctx)?;
        let main = main_login(request, self.0.shop_id).await.or_client(request)?;
        Ok(format!("{main}:{}", self.0.name))
    }

    /// The name that others see.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Whether it is a manager who logs in with an account of their own (requirement 4.19).
    async fn has_own_account(&self) -> bool {
        self.0.linked_account_id.is_some()
    }

    /// Its state.
    async fn state(&self) -> State {
        self.0.state
    }

    /// Its position; of a departed one, the last.
    async fn position(&self, ctx: &Context<'_>) -> async_graphql::Result<Position> {
        let request = RequestContext::of(ctx)?;
        position(request, self.0.shop_id, self.0.position_id).await.map(Position).or_client(request)
    }

    /// What it holds now, limits aside: the position's permissions, overridden by personal grants; at most 100.
    async fn permissions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<EffectivePermission>> {
        let request = RequestContext::of(ctx)?;
        if self.0.state != State::Active {
            return Ok(Vec::new());
        }
        let position = position(request, self.0.shop_id, self.0.position_id).await.or_client(request)?;
        let grants = grants(request, &self.0).await.or_client(request)?;
        let held = effective(&position, &grants, request.now);
        let counting = counting(request, self.0.shop_id, held.iter().map(|held| held.permission)).await;
        let counting = counting.or_client(request)?;
        let counts = |held: &&Effective<'_>| match held.grant {
            Some(_) => counting.has(held.permission),
            None => counting.has_in_position(held.permission),
        };
        Ok(held.iter().filter(counts).take(100).filter_map(EffectivePermission::of).collect())
    }

    /// The personal grants that stand, denials included; at most 100.
    async fn grants(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Grant>> {
        let request = RequestContext::of(ctx)?;
        let terms = Terms::of(request, self.0.shop_id).await.or_client(request)?;
        let grants = grants(request, &self.0).await.or_client(request)?;
        Ok(grants.iter().take(100).map(|row| Grant { row: row.clone(), terms }).collect())
    }

    /// How far its certification has come, and whether it is muted or restricted without (requirements 4.5, 4.6).
    async fn certification(&self, ctx: &Context<'_>) -> async_graphql::Result<StaffCertification> {
        let request = RequestContext::of(ctx)?;
        certification(request, &self.0).await.or_client(request)
    }

    /// When it was created or invited.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it departed.
    async fn departed_at(&self) -> Option<DateTime> {
        self.0.departed_at.map(DateTime)
    }
}

/// A sub-account after a mutation, or as it would be after a dry run.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SubAccountPayload {
    /// The sub-account; nothing when the rules refused.
    pub sub_account: Option<SubAccount>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

impl SubAccountPayload {
    /// The payload of a command's answer.
    #[must_use]
    pub fn of(request: &RequestContext, answer: Answer<Staffed>) -> Self {
        let (sub_account, user_errors) = answer.split(|staffed| SubAccount(staffed.known_to(request)));
        Self { sub_account, user_errors }
    }
}

async fn grants(request: &RequestContext, who: &Row) -> Result<Arc<[GrantRow]>, Fault> {
    Ok(request.loaders.of::<GrantsOf>().load((who.shop_id, who.id)).await?.unwrap_or_default())
}

/// The log-in name of a shop's main account. Whoever has a seat there carries it in the seat's own name.
///
/// # Errors
/// The database's fault.
pub async fn main_login(request: &RequestContext, shop: ShopId) -> Result<String, Fault> {
    if let Some(seat) = request.actor()?.seat(shop) {
        return Ok(seat.name.split(':').next().unwrap_or_default().to_owned());
    }
    let missing = || Fault::internal("a sub-account without its shop");
    let shop = request.loaders.of::<ShopById>().load(shop).await?.ok_or_else(missing)?;
    let owner = request.loaders.of::<AccountById>().load(shop.main_account_id).await?.ok_or_else(missing)?;
    Ok(owner.login.clone())
}

/// Whether the actor is this sub-account, or may see the staff of its shop.
pub async fn may_see(request: &RequestContext, who: &Row) -> bool {
    let seat = request.actor().ok().and_then(|actor| actor.seat(who.shop_id));
    seat.is_some_and(|seat| seat.sub_account == Some(who.id)) || request.may_read(who.shop_id, STAFF_READ).await
}

/// The sub-account of an id, if the actor may see it.
///
/// # Errors
/// The database's fault.
pub async fn node(request: &RequestContext, id: SubAccountId) -> Result<Option<SubAccount>, Fault> {
    let row = request.loaders.of::<SubAccountById>().one(request.db(), id).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(may_see(request, &row).await.then_some(SubAccount(row)))
}
