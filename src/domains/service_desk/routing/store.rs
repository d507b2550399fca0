//! What a decision reads: the agents who are online, and what is known of a buyer.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{Agent, Question, Routed, route};
use crate::config;
use crate::db::Prepare as _;
use crate::db::schema::{desk_agents as a, desks, sub_accounts as s};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, DeskGroupId, ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

/// Takes the lock that decisions of a shop come one after the other behind.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<()> {
    diesel::insert_into(desks::table).values(desks::shop_id.eq(shop)).on_conflict_do_nothing().execute(conn).await?;
    desks::table.find(shop).select(desks::shop_id).for_update().first::<ShopId>(conn).await?;
    Ok(())
}

type Row = (SubAccountId, Option<DeskGroupId>, i32, i32, Option<Instant>);

/// The agents of a shop who are online: seen within the last seconds, and not away.
///
/// # Errors
/// The database's fault.
pub async fn online(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    figures: &config::Desk,
    now: Instant,
) -> Sql<Vec<Agent>> {
    let since = now - TimeDelta::seconds(i64::from(figures.online_s));
    let rows: Vec<Row> = a::table
        .inner_join(s::table.on(s::shop_id.eq(a::shop_id).and(s::id.eq(a::sub_account_id))))
        .filter(a::shop_id.eq(shop).and(a::seen_at.gt(since)).and(a::away.eq(false)))
        .filter(s::state.eq("ACTIVE"))
        .select((a::sub_account_id, a::group_id, a::weight, a::waiting, a::last_assigned_at))
        .load(conn)
        .await?;
    let agents = rows.into_iter().map(|(id, group, weight, waiting, last_assigned_at)| Agent {
        id,
        group,
        weight: u32::try_from(weight).unwrap_or(0),
        waiting: u32::try_from(waiting).unwrap_or(0),
        last_assigned_at,
    });
    Ok(agents.collect())
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    served: Option<SubAccountId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    dedicated: Option<SubAccountId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    page_group: Option<DeskGroupId>,
}

const KNOWN: &str = "SELECT
    (SELECT c.agent_id FROM conversations c WHERE c.shop_id = $1 AND c.buyer_id = $2 AND c.agent_id IS NOT NULL
        AND c.last_message_at > $4 ORDER BY c.last_message_at DESC LIMIT 1) AS served,
    (SELECT d.sub_account_id FROM desk_dedicated d WHERE d.shop_id = $1 AND d.buyer_id = $2) AS dedicated,
    (SELECT g.id FROM desk_groups g WHERE g.shop_id = $1 AND $3 = ANY (g.pages) ORDER BY g.id LIMIT 1) AS page_group";

/// What is known of a buyer and a page.
///
/// # Errors
/// The database's fault.
pub async fn question(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    buyer: AccountId,
    page: &str,
    figures: &config::Desk,
    now: Instant,
) -> Sql<Question> {
    let known: Known = diesel::sql_query(KNOWN)
        .bind::<SqlUuid, _>(shop)
        .bind::<SqlUuid, _>(buyer)
        .bind::<Text, _>(page)
        .bind::<Timestamptz, _>(now - TimeDelta::days(i64::from(figures.served_days)))
        .prepared()
        .get_result(conn)
        .await?;
    Ok(Question {
        served: known.served,
        dedicated: known.dedicated,
        group: known.page_group,
        busy_above: figures.busy_above,
    })
}

/// Decides for a buyer, behind [`lock`]; `never` is passed over.
///
/// # Errors
/// The database's fault.
pub async fn decide(
    conn: &mut AsyncPgConnection,
    (shop, buyer, page): (ShopId, AccountId, &str),
    never: Option<SubAccountId>,
    figures: &config::Desk,
    now: Instant,
) -> Sql<(Routed, Option<DeskGroupId>)> {
    let mut agents = online(conn, shop, figures, now).await?;
    agents.retain(|agent| Some(agent.id) != never);
    let question = question(conn, shop, buyer, page, figures, now).await?;
    Ok((route(&agents, &question), question.group))
}
