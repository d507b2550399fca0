//! The only SQL that writes `desk_groups`, `desk_agents` and `desk_dedicated`; the load of agents is counted by conversations.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::{desk_agents as a, desk_dedicated as d, desk_groups as g};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, DeskGroupId, ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

/// Groups of one shop at most.
pub const MOST_GROUPS: i64 = 50;

/// A group.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, serde::Serialize, serde::Deserialize)]
#[diesel(table_name = g)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Group {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: DeskGroupId,
    /// Its name.
    pub name: String,
    /// The pages that are bound to it.
    pub pages: Vec<String>,
}

/// An agent.
#[derive(Debug, Clone, Queryable, Selectable, serde::Serialize, serde::Deserialize)]
#[diesel(table_name = a)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Agent {
    /// The shop.
    pub shop_id: ShopId,
    /// Who.
    pub sub_account_id: SubAccountId,
    /// The group.
    pub group_id: Option<DeskGroupId>,
    /// Their weight, 0 to 100.
    pub weight: i32,
    /// Whether they said that they are away.
    pub away: bool,
    /// Buyers who wait for an answer of theirs.
    pub waiting: i32,
    /// When they were last heard of.
    pub seen_at: Option<Instant>,
}

/// The groups of a shop.
///
/// # Errors
/// The database's fault.
pub async fn groups(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Vec<Group>> {
    g::table.filter(g::shop_id.eq(shop)).order(g::id).limit(MOST_GROUPS).select(Group::as_select()).load(conn).await
}

/// Adds a group or writes one anew; says whether its name was free.
///
/// # Errors
/// The database's fault.
pub async fn put_group(conn: &mut AsyncPgConnection, group: &Group) -> Sql<bool> {
    let put = diesel::insert_into(g::table)
        .values(group)
        .on_conflict((g::shop_id, g::id))
        .do_update()
        .set((g::name.eq(&group.name), g::pages.eq(&group.pages)))
        .execute(conn)
        .await;
    match put {
        Ok(_) => Ok(true),
        Err(diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The agents of a shop, by creation; 1,000 at most.
///
/// # Errors
/// The database's fault.
pub async fn agents(conn: &mut AsyncPgConnection, shop: ShopId, most: i64) -> Sql<Vec<Agent>> {
    a::table
        .filter(a::shop_id.eq(shop))
        .order(a::sub_account_id)
        .limit(most)
        .select(Agent::as_select())
        .load(conn)
        .await
}

/// An agent.
///
/// # Errors
/// The database's fault.
pub async fn agent(conn: &mut AsyncPgConnection, shop: ShopId, id: SubAccountId) -> Sql<Option<Agent>> {
    a::table.find((shop, id)).select(Agent::as_select()).first(conn).await.optional()
}

/// An agent, locked.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, shop: ShopId, id: SubAccountId) -> Sql<Option<Agent>> {
    a::table.find((shop, id)).select(Agent::as_select()).for_update().first(conn).await.optional()
}

/// Makes somebody an agent, or writes group and weight anew.
///
/// # Errors
/// The database's fault.
pub async fn put_agent(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    group: Option<DeskGroupId>,
    weight: i32,
) -> Sql<Agent> {
    diesel::insert_into(a::table)
        .values((
            a::shop_id.eq(shop),
            a::sub_account_id.eq(id),
            a::group_id.eq(group),
            a::weight.eq(weight),
            a::away.eq(false),
            a::waiting.eq(0),
        ))
        .on_conflict((a::shop_id, a::sub_account_id))
        .do_update()
        .set((a::group_id.eq(group), a::weight.eq(weight)))
        .returning(Agent::as_returning())
        .get_result(conn)
        .await
}

/// Notes that an agent is there, or away.
///
/// # Errors
/// The database's fault.
pub async fn seen(
    conn: &mut AsyncPgConnection,
    (shop, id): (ShopId, SubAccountId),
    away: bool,
    now: Instant,
) -> Sql<Agent> {
    diesel::update(a::table.find((shop, id)))
        .set((a::seen_at.eq(now), a::away.eq(away)))
        .returning(Agent::as_returning())
        .get_result(conn)
        .await
}

/// Gives a buyer a dedicated agent, or none.
///
/// # Errors
/// The database's fault.
pub async fn dedicate(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    buyer: AccountId,
    agent: Option<SubAccountId>,
) -> Sql<usize> {
    match agent {
        None => diesel::delete(d::table.find((shop, buyer))).execute(conn).await,
        Some(agent) => {
            diesel::insert_into(d::table)
                .values((d::shop_id.eq(shop), d::buyer_id.eq(buyer), d::sub_account_id.eq(agent)))
                .on_conflict((d::shop_id, d::buyer_id))
                .do_update()
                .set(d::sub_account_id.eq(agent))
                .execute(conn)
                .await
        }
    }
}
