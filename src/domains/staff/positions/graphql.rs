//! Positions in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::loaders::PositionByKey;
use super::model::{Equipped, Given, Kind};
use super::store;
use crate::domains::staff::perms::STAFF_READ;
use crate::graphql::context::RequestContext;
use crate::graphql::ids::id;
use crate::kernel::Fault;
use crate::kernel::ids::{PositionId, ShopId};
use crate::permissions::catalogue::{Entry, by_number};

/// A position (岗位) of a shop.
pub struct Position(pub Arc<Equipped>);

/// A position (岗位) of a shop.
#[guarded(inherits)]
#[Object]
impl Position {
    /// The id.
    pub async fn id(&self) -> ID {
        id(self.0.position.id)
    }

    /// The shop.
    async fn shop_id(&self) -> ID {
        id(self.0.position.shop_id)
    }

    /// Its name; those that every shop starts with have theirs in the language of `Accept-Language`.
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(self.0.position.name_in(RequestContext::of(ctx)?.locale))
    }

    /// The kind of job.
    async fn kind(&self) -> Kind {
        self.0.position.kind
    }

    /// How high it stands, 1 to 99. Nobody grants, moves or ends anything above their own rank; the main account's is 100.
    async fn rank(&self) -> i32 {
        self.0.position.rank
    }

    /// What it gives; at most 100.
    async fn permissions(&self) -> Vec<PositionPermission> {
        self.0.gives.iter().take(100).filter_map(PositionPermission::of).collect()
    }
}

/// A permission that a position gives.
pub struct PositionPermission {
    entry: &'static Entry,
    locked: bool,
}

impl PositionPermission {
    fn of(given: &Given) -> Option<Self> {
        by_number(given.permission).map(|entry| Self { entry, locked: given.locked })
    }
}

/// A permission that a position gives.
#[guarded(inherits)]
#[Object]
impl PositionPermission {
    /// The code.
    async fn code(&self) -> &'static str {
        self.entry.code
    }

    /// The title on the permission page.
    async fn title(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(self.entry.title.get(RequestContext::of(ctx)?.locale))
    }

    /// Whether it is locked: shown, held, not removable (requirement 4.2).
    async fn locked(&self) -> bool {
        self.locked
    }
}

/// A position after a mutation, or as it would be after a dry run.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PositionPayload {
    /// The position; nothing when the rules refused.
    pub position: Option<Position>,
    /// Why nothing was done.
    pub user_errors: Vec<crate::graphql::errors::UserError>,
}

/// The positions of a shop, the highest first.
///
/// # Errors
/// A denial, or the database's fault.
pub async fn positions_of(request: &RequestContext, shop: ShopId) -> Result<Vec<Position>, Fault> {
    let permit = request.read_permit(shop, STAFF_READ).await?;
    let mut conn = request.conn().await?;
    let found = store::of_shop(&mut conn, permit.shop).await?;
    Ok(found.into_iter().map(|equipped| Position(Arc::new(equipped))).collect())
}

/// The position of a sub-account.
///
/// # Errors
/// The database's fault.
pub async fn position(request: &RequestContext, shop: ShopId, id: PositionId) -> Result<Arc<Equipped>, Fault> {
    let found = request.loaders.of::<PositionByKey>().load((shop, id)).await?;
    found.ok_or_else(|| Fault::internal("a sub-account without its position"))
}

/// The position of an id, if the actor may see it.
///
/// # Errors
/// The database's fault.
pub async fn node(request: &RequestContext, id: PositionId) -> Result<Option<Position>, Fault> {
    let shops: Vec<ShopId> = request.actor()?.seats.iter().map(|seat| seat.shop).collect();
    let shop = store::shop_of(&mut *request.conn().await?, &shops, id).await?;
    let Some(shop) = shop else { return Ok(None) };
    if !request.may_read(shop, STAFF_READ).await {
        return Ok(None);
    }
    Ok(store::find(&mut *request.conn().await?, shop, id).await?.map(|equipped| Position(Arc::new(equipped))))
}
