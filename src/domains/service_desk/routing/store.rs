//! What a decision reads: the agents who are online, and what is known of a buyer.

use std::collections::HashSet;

use chrono::TimeDelta;
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::{Agent, Question};
use crate::config;
use crate::db::RunQueryDsl;
use crate::db::schema::{desks, shops};
use crate::domains::service_desk::perms::SERVE;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, DeskGroupId, ShopId, SubAccountId};
use crate::permissions::holders::holding_among;
use crate::permissions::shifts::Roster;

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

/// What a decision looks at.
#[derive(Debug)]
pub struct Look {
    /// The agents who are there: seen within the last seconds, not away, on shift if they are on the roster, still permitted, and
    /// not muted, because what a muted one answers does not arrive (requirement 4.5).
    pub online: Vec<Agent>,
    /// What is known of the buyer and the page.
    pub question: Question,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    sub_account_id: SubAccountId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    group_id: Option<DeskGroupId>,
    #[diesel(sql_type = Integer)]
    weight: i32,
    #[diesel(sql_type = Integer)]
    waiting: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_assigned_at: Option<Instant>,
    #[diesel(sql_type = Nullable<Array<Integer>>)]
    shifts: Option<Vec<i32>>,
    #[diesel(sql_type = Bool)]
    away: bool,
}

const SEEN: &str = "SELECT a.sub_account_id, a.group_id, a.weight, a.waiting, a.last_assigned_at, a.away, r.shifts
    FROM desk_agents a
    JOIN sub_accounts s ON s.shop_id = a.shop_id AND s.id = a.sub_account_id
    LEFT JOIN rosters r ON r.shop_id = a.shop_id AND r.sub_account_id = a.sub_account_id AND r.valid_to IS NULL
    WHERE a.shop_id = $1 AND a.seen_at > $2 AND s.state = 'ACTIVE' AND s.certified_at IS NOT NULL";

/// Those who were heard of since a moment, whose answers arrive.
async fn seen(conn: &mut AsyncPgConnection, shop: ShopId, since: Instant) -> Sql<Vec<Row>> {
    diesel::sql_query(SEEN).bind::<SqlUuid, _>(shop).bind::<Timestamptz, _>(since).load(conn).await
}

async fn online(conn: &mut AsyncPgConnection, shop: ShopId, since: Instant, now: Instant, zone: Tz) -> Sql<Vec<Agent>> {
    let mut rows = seen(conn, shop, since).await?;
    let on_shift = |row: &Row| {
        let roster = row.shifts.as_deref().map(Roster::from_numbers).filter(|roster| !roster.is_empty());
        roster.is_none_or(|roster| roster.on(now, zone).is_some())
    };
    rows.retain(|row| !row.away && on_shift(row));
    let there: Vec<SubAccountId> = rows.iter().map(|row| row.sub_account_id).collect();
    // A permission that was taken away holds at once (requirement 5.5), not only from the next heartbeat on.
    let may: HashSet<_> = holding_among(conn, shop, SERVE, &there).await?.into_iter().collect();
    let agent = |row: Row| Agent {
        id: row.sub_account_id,
        group: row.group_id,
        weight: u32::try_from(row.weight).unwrap_or(0),
        waiting: u32::try_from(row.waiting).unwrap_or(0),
        last_assigned_at: row.last_assigned_at,
    };
    Ok(rows.into_iter().filter(|row| may.contains(&row.sub_account_id)).map(agent).collect())
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    served: Option<SubAccountId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    dedicated: Option<SubAccountId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    page_group: Option<DeskGroupId>,
}

const KNOWN: &str = "SELECT s.time_zone,
    (SELECT c.agent_id FROM conversations c WHERE c.shop_id = $1 AND c.buyer_id = $2 AND c.agent_id IS NOT NULL
        AND c.first_reply_at IS NOT NULL AND c.last_message_at > $4 ORDER BY c.last_message_at DESC LIMIT 1) AS served,
    (SELECT d.sub_account_id FROM desk_dedicated d WHERE d.shop_id = $1 AND d.buyer_id = $2) AS dedicated,
    (SELECT g.id FROM desk_groups g WHERE g.shop_id = $1 AND $3 = ANY (g.pages) ORDER BY g.id LIMIT 1) AS page_group
    FROM shops s WHERE s.id = $1";

/// Who was heard of after this moment is there.
#[must_use]
pub fn since(figures: &config::Desk, now: Instant) -> Instant {
    now - TimeDelta::seconds(i64::from(figures.online_s))
}

async fn known(
    conn: &mut AsyncPgConnection,
    (shop, buyer, page): (ShopId, AccountId, &str),
    figures: &config::Desk,
    now: Instant,
) -> Sql<(Question, String)> {
    let known: Known = diesel::sql_query(KNOWN)
        .bind::<SqlUuid, _>(shop)
        .bind::<SqlUuid, _>(buyer)
        .bind::<Text, _>(page)
        .bind::<Timestamptz, _>(now - TimeDelta::days(i64::from(figures.served_days)))
        .get_result(conn)
        .await?;
    let question = Question {
        served: known.served,
        dedicated: known.dedicated,
        group: known.page_group,
        busy_above: figures.busy_above,
    };
    Ok((question, known.time_zone))
}

/// Reads what a decision for a buyer looks at, behind [`lock`].
///
/// # Errors
/// The database's fault; `NotFound` when there is no such shop.
pub async fn look(
    conn: &mut AsyncPgConnection,
    of: (ShopId, AccountId, &str),
    figures: &config::Desk,
    now: Instant,
) -> Sql<Look> {
    let (question, zone) = known(conn, of, figures, now).await?;
    let zone = zone.parse().unwrap_or(Tz::UTC);
    Ok(Look { online: online(conn, of.0, since(figures, now), now, zone).await?, question })
}

/// What is known of a buyer and a page; for many decisions at once, with [`there`] read once.
///
/// # Errors
/// As [`look`].
pub async fn question(
    conn: &mut AsyncPgConnection,
    of: (ShopId, AccountId, &str),
    figures: &config::Desk,
    now: Instant,
) -> Sql<Question> {
    known(conn, of, figures, now).await.map(|(question, _)| question)
}

/// The agents who are there, as [`Look::online`].
///
/// # Errors
/// As [`look`].
pub async fn there(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    figures: &config::Desk,
    now: Instant,
) -> Sql<Vec<Agent>> {
    let zone: String = shops::table.find(shop).select(shops::time_zone).first(conn).await?;
    online(conn, shop, since(figures, now), now, zone.parse().unwrap_or(Tz::UTC)).await
}

/// Whether an agent can answer a buyer now: heard of a short time ago, permitted, not muted. Away or off shift does not matter to
/// whoever gives them work by hand.
///
/// # Errors
/// The database's fault.
pub async fn can_answer(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    agent: SubAccountId,
    figures: &config::Desk,
    now: Instant,
) -> Sql<bool> {
    let seen = seen(conn, shop, since(figures, now)).await?.iter().any(|row| row.sub_account_id == agent);
    Ok(seen && !holding_among(conn, shop, SERVE, &[agent]).await?.is_empty())
}
