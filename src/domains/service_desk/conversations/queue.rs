//! What waits to be given out: the offline queue, and the conversations of agents who are not heard of any more.
//!
//! Looked through is only what somebody of those who are there can take, so that a buyer whom nobody can take holds up nobody
//! behind them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::Conversation;
use crate::db::RunQueryDsl;
use crate::db::schema::{conversations as c, desk_agents as a};
use crate::domains::service_desk::agents::store::Group;
use crate::domains::service_desk::routing::model::{Agent, has_room};
use crate::kernel::Instant;
use crate::kernel::ids::{ConversationId, DeskGroupId, ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

/// Whom those who are there can take, as [`route`](crate::domains::service_desk::routing::model::route) decides.
#[derive(Debug)]
pub struct Room<'a> {
    /// Those who are there: they take whom they served, and whose dedicated agent they are, busy or not.
    online: Vec<SubAccountId>,
    /// Pages whose group has somebody free.
    free_pages: Vec<&'a str>,
    /// All pages that are bound to a group.
    bound_pages: Vec<&'a str>,
    /// Whether anybody is free for the other pages.
    others: bool,
}

impl<'a> Room<'a> {
    /// What room there is. The groups come by id: a page belongs to the first that names it.
    #[must_use]
    pub fn of(online: &[Agent], groups: &'a [Group], busy_above: u32) -> Self {
        let mut pages: HashMap<&str, DeskGroupId> = HashMap::new();
        for group in groups {
            for page in &group.pages {
                pages.entry(page).or_insert(group.id);
            }
        }
        let free = |group: &DeskGroupId| has_room(online, Some(*group), busy_above);
        Self {
            online: online.iter().map(|agent| agent.id).collect(),
            free_pages: pages.iter().filter(|(_, group)| free(group)).map(|(page, _)| *page).collect(),
            bound_pages: pages.into_keys().collect(),
            others: has_room(online, None, busy_above),
        }
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: ConversationId,
}

#[derive(QueryableByName)]
struct Any {
    #[diesel(sql_type = Bool)]
    waits: bool,
}

/// Whether anybody waits in a shop's offline queue, or for an agent who was not heard of since a moment.
///
/// # Errors
/// The database's fault.
pub async fn any(conn: &mut AsyncPgConnection, shop: ShopId, since: Instant) -> Sql<bool> {
    let any: Any = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM conversations c WHERE c.shop_id = $1 AND c.state = 'QUEUED')
             OR EXISTS (SELECT FROM desk_agents a WHERE a.shop_id = $1 AND a.waiting > 0
                 AND (a.seen_at IS NULL OR a.seen_at <= $2)) AS waits",
    )
    .bind::<SqlUuid, _>(shop)
    .bind::<Timestamptz, _>(since)
    .get_result(conn)
    .await?;
    Ok(any.waits)
}

/// The agents who have buyers waiting and were not heard of since a moment.
///
/// # Errors
/// The database's fault.
pub async fn gone(conn: &mut AsyncPgConnection, shop: ShopId, since: Instant) -> Sql<Vec<SubAccountId>> {
    let silent = a::seen_at.is_null().or(a::seen_at.le(since).assume_not_null());
    a::table.filter(a::shop_id.eq(shop).and(a::waiting.gt(0)).and(silent)).select(a::sub_account_id).load(conn).await
}

/// Conversations that somebody can take, those that wait longest first, locked: of the queue, and of agents who are gone. Those
/// that somebody else holds at the moment are passed over. `served_since` is from when on who served a buyer serves them again.
///
/// # Errors
/// The database's fault.
pub async fn fitting(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    room: &Room<'_>,
    gone: &[SubAccountId],
    served_since: Instant,
    most: i64,
) -> Sql<Vec<Conversation>> {
    let found: Vec<Found> = diesel::sql_query(
        "SELECT c.id FROM conversations c
         WHERE c.shop_id = $1
           AND (c.state = 'QUEUED' OR (c.state = 'OPEN' AND c.awaits_shop AND c.agent_id = ANY ($2)))
           AND (CASE WHEN c.page = ANY ($3) THEN c.page = ANY ($4) ELSE $5 END
             OR EXISTS (SELECT FROM desk_dedicated d WHERE d.shop_id = c.shop_id AND d.buyer_id = c.buyer_id
                 AND d.sub_account_id = ANY ($6))
             OR (SELECT s.agent_id FROM conversations s WHERE s.shop_id = c.shop_id AND s.buyer_id = c.buyer_id
                 AND s.agent_id IS NOT NULL AND s.first_reply_at IS NOT NULL AND s.last_message_at > $7
                 ORDER BY s.last_message_at DESC LIMIT 1) = ANY ($6))
         ORDER BY c.id LIMIT $8
         FOR UPDATE OF c SKIP LOCKED",
    )
    .bind::<SqlUuid, _>(shop)
    .bind::<Array<SqlUuid>, _>(gone)
    .bind::<Array<Text>, _>(&room.bound_pages)
    .bind::<Array<Text>, _>(&room.free_pages)
    .bind::<Bool, _>(room.others)
    .bind::<Array<SqlUuid>, _>(&room.online)
    .bind::<Timestamptz, _>(served_since)
    .bind::<BigInt, _>(most)
    .load(conn)
    .await?;
    let ids: Vec<ConversationId> = found.into_iter().map(|row| row.id).collect();
    let rows = c::table.filter(c::shop_id.eq(shop).and(c::id.eq_any(ids))).order(c::id);
    rows.select(Conversation::as_select()).load(conn).await
}
