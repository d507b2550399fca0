//! The desk as the shop sees it.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::store::{self, Agent as Row, Group as GroupRow};
use crate::domains::service_desk::perms::{MANAGE, SERVE};
use crate::domains::service_desk::routing::graphql::{RoutingDay, RoutingWeight, simulate};
use crate::domains::staff::sub_accounts::graphql::SubAccount;
use crate::domains::staff::sub_accounts::loaders::SubAccountById;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Instant};
use crate::permissions::ReadPermit;
use crate::permissions::shifts::{self, Roster};

/// Agents that one list gives.
const MOST_SHOWN: i64 = 100;

/// A group of agents and the pages that are bound to it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeskGroup {
    /// The id.
    pub id: ID,
    /// Its name.
    pub name: String,
    /// The pages that are bound to it: ids of items, or words of the shop's own.
    pub pages: Vec<String>,
}

impl From<GroupRow> for DeskGroup {
    fn from(row: GroupRow) -> Self {
        Self { id: id(row.id), name: row.name, pages: row.pages }
    }
}

/// Somebody who answers buyers.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeskAgent {
    /// The sub-account.
    pub sub_account: Option<SubAccount>,
    /// The group.
    pub group_id: Option<ID>,
    /// How much of the group's work they get, 0 to 100.
    pub weight: i32,
    /// Whether they are there: heard of a short time ago, and not away.
    pub online: bool,
    /// Whether they want no new conversations.
    pub away: bool,
    /// Whether what they write does not arrive, because they are not certified (requirement 4.5). A muted one gets no conversations.
    pub muted: bool,
    /// Whether they are on shift now; null when they are not on the roster. Off shift they get no conversations.
    pub on_shift: Option<bool>,
    /// Buyers who wait for an answer of theirs.
    pub waiting: i32,
    /// When they were last heard of.
    pub seen_at: Option<DateTime>,
}

/// A shop: the part about its service desk.
pub struct ShopDesk {
    /// The shop.
    pub shop: ShopId,
}

#[guarded]
#[Object]
impl ShopDesk {
    /// The groups of the service desk; at most 100.
    #[requires(any("desk.serve", "desk.manage"))]
    async fn desk_groups(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<DeskGroup>> {
        let request = RequestContext::of(ctx)?;
        let groups = async {
            may_see(request, self.shop).await?;
            Ok(store::groups(&mut *request.conn().await?, self.shop).await?)
        };
        let groups: Vec<GroupRow> = groups.await.or_client(request)?;
        Ok(groups.into_iter().map(DeskGroup::from).collect())
    }

    /// Who answers buyers; at most 100.
    #[requires(any("desk.serve", "desk.manage"))]
    async fn desk_agents(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<DeskAgent>> {
        let request = RequestContext::of(ctx)?;
        agents(request, self.shop).await.or_client(request)
    }

    /// A recorded day once more, with other weights: who would have got how much. The same seed gives the same day.
    #[requires("desk.manage")]
    async fn simulate_routing(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A moment of the day, which begins at midnight in the shop's time zone; today when it is left out."
        )]
        day: Option<DateTime>,
        #[graphql(desc = "Other weights; at most 100. Who is not named keeps theirs.")] weights: Vec<RoutingWeight>,
        #[graphql(desc = "What the drawing begins with.", default = 1)] seed: i32,
    ) -> async_graphql::Result<RoutingDay> {
        let request = RequestContext::of(ctx)?;
        simulate(request, self.shop, day.map_or(request.now, |day| day.0), weights, seed).await.or_client(request)
    }
}

/// Opens reading to those who serve or manage.
///
/// # Errors
/// The denial.
pub async fn may_see(request: &RequestContext, shop: ShopId) -> Result<ReadPermit, Fault> {
    let by = if request.may_read(shop, MANAGE).await { MANAGE } else { SERVE };
    request.read_permit(shop, by).await
}

async fn agents(request: &RequestContext, shop: ShopId) -> Result<Vec<DeskAgent>, Fault> {
    let permit = may_see(request, shop).await?;
    let (rows, rosters) = {
        let mut conn = request.conn().await?;
        let rows = store::agents(&mut conn, permit.shop, MOST_SHOWN).await?;
        let who: Vec<_> = rows.iter().map(|row| row.sub_account_id).collect();
        (rows, shifts::of_shop(&mut conn, permit.shop, Some(&who), None).await?)
    };
    request.loaders.of::<SubAccountById>().prime_from(request.db(), rows.iter().map(|row| row.sub_account_id)).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in &rows {
        shown.push(show(request, row, rosters.get(&row.sub_account_id)).await?);
    }
    Ok(shown)
}

/// An agent as the API has it.
///
/// # Errors
/// The database's fault.
pub async fn agent(request: &RequestContext, row: &Row) -> Result<DeskAgent, Fault> {
    let roster = shifts::of(&mut *request.conn().await?, row.shop_id, row.sub_account_id, None).await?;
    show(request, row, Some(&roster)).await
}

async fn show(request: &RequestContext, row: &Row, roster: Option<&Roster>) -> Result<DeskAgent, Fault> {
    let found = request.loaders.of::<SubAccountById>().load(row.sub_account_id).await?;
    let zone = request.actor()?.seat(row.shop_id).map_or(chrono_tz::UTC, |seat| seat.zone);
    Ok(DeskAgent {
        muted: found.as_ref().is_some_and(|who| who.certified_at.is_none()),
        sub_account: found.map(SubAccount),
        group_id: row.group_id.map(id),
        weight: row.weight,
        online: !row.away && row.seen_at.is_some_and(|seen| is_online(request, seen)),
        away: row.away,
        on_shift: roster.filter(|roster| !roster.is_empty()).map(|roster| roster.on(request.now, zone).is_some()),
        waiting: row.waiting,
        seen_at: row.seen_at.map(DateTime),
    })
}

fn is_online(request: &RequestContext, seen: Instant) -> bool {
    let figures = &request.door.env.desk;
    seen > request.now - chrono::TimeDelta::seconds(i64::from(figures.online_s))
}
