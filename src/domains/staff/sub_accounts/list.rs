//! The list of a shop's sub-accounts: one statement for the page, one at most for each kind of record that its rows show.

use std::sync::Arc;

use async_graphql::Context;

use super::graphql::SubAccount;
use super::loaders::SubAccountById;
use super::model::State;
use super::store::{self, Filter};
use crate::connection;
use crate::domains::staff::grants::graphql::Terms;
use crate::domains::staff::grants::loaders::{GrantsOf, UsageOf};
use crate::domains::staff::perms::STAFF_READ;
use crate::domains::staff::positions::loaders::PositionByKey;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::kernel::Fault;
use crate::kernel::ids::{PositionId, ShopId};
use crate::permissions::Seat;

connection!(
    /// A page of sub-accounts.
    SubAccountConnection,
    SubAccountEdge,
    SubAccount
);

/// A page of the sub-accounts of a shop, by creation.
///
/// # Errors
/// A denial, bad page arguments, or the database's fault.
pub async fn sub_accounts_of(
    ctx: &Context<'_>,
    request: &RequestContext,
    shop: ShopId,
    (state, position): (Option<State>, Option<PositionId>),
    args: PageArgs,
) -> Result<SubAccountConnection, Fault> {
    let permit = request.read_permit(shop, STAFF_READ).await?;
    let page = args.read()?;
    let slice = {
        let mut conn = request.conn().await?;
        store::page(&mut conn, permit, Filter { state, position }, &page).await?
    };
    let node = ctx.look_ahead().field("edges").field("node");
    let shows = |field: &str| node.field(field).exists();
    let loaders = &request.loaders;
    // Positions and grants stand by the shop's epoch, which whoever has a seat of staff there knows.
    let epoch = request.actor()?.seat(shop).and_then(Seat::epoch);
    if shows("position") || shows("permissions") {
        let positions = slice.rows.iter().map(|row| (row.shop_id, row.position_id));
        loaders.of::<PositionByKey>().prime_at(request.db(), epoch, positions).await?;
    }
    if shows("permissions") || shows("grants") {
        let whose = slice.rows.iter().map(|row| (row.shop_id, row.id));
        loaders.of::<GrantsOf>().prime_at(request.db(), epoch, whose.clone()).await?;
        if node.field("grants").field("usage").exists() {
            let day = Terms::of(request, shop).await?.day(request.now);
            let lists = whose.filter_map(|key| loaders.of::<GrantsOf>().known(key).flatten()).collect::<Vec<_>>();
            let counted = lists.iter().flat_map(|list| list.iter()).filter(|grant| grant.constraints.counts());
            let keys = counted.map(|grant| (grant.shop_id, grant.id, day)).collect::<Vec<_>>();
            loaders.of::<UsageOf>().prime_from(request.db(), keys).await?;
        }
    }
    let nodes = SubAccountConnection::new(slice, |row| row.id, |row| SubAccount(Arc::new(row)));
    let known = nodes.edges.iter().map(|edge| (edge.node.0.id, Some(Arc::clone(&edge.node.0))));
    loaders.of::<SubAccountById>().prime(known);
    Ok(nodes)
}
