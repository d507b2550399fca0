//! The only SQL on `conversations` and `conversation_assignments`, and the count of who waits.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::{Conversation, State};
use crate::db::RunQueryDsl;
use crate::db::paging::page_by;
use crate::db::schema::{conversation_assignments as ca, conversations as c, desk_agents as a};
use crate::domains::service_desk::routing::model::Routed;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, ConversationId, ShopId, SubAccountId};
use crate::kernel::page::{Page, Slice};
use crate::permissions::ReadPermit;

type Sql<T> = Result<T, diesel::result::Error>;

/// Assignments of one conversation that a list gives.
const MOST_SHOWN: i32 = 100;

/// Begins a conversation.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &Conversation) -> Sql<usize> {
    diesel::insert_into(c::table)
        .values((
            c::shop_id.eq(new.shop_id),
            c::id.eq(new.id),
            c::buyer_id.eq(new.buyer_id),
            c::page.eq(&new.page),
            c::group_id.eq(new.group_id),
            c::agent_id.eq(new.agent_id),
            c::state.eq(new.state.text()),
            c::awaits_shop.eq(new.awaits_shop),
            c::opened_at.eq(new.opened_at),
            c::last_message_at.eq(new.last_message_at),
            c::messages.eq(new.messages),
            c::assignments.eq(new.assignments),
        ))
        .execute(conn)
        .await
}

/// The open conversation of a buyer with a shop, locked.
///
/// # Errors
/// The database's fault.
pub async fn lock_open(conn: &mut AsyncPgConnection, shop: ShopId, buyer: AccountId) -> Sql<Option<Conversation>> {
    c::table
        .filter(c::shop_id.eq(shop).and(c::buyer_id.eq(buyer)).and(c::state.ne(State::Closed.text())))
        .select(Conversation::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// A conversation, locked.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: ConversationId) -> Sql<Option<Conversation>> {
    c::table.filter(c::id.eq(id)).select(Conversation::as_select()).for_update().first(conn).await.optional()
}

/// A conversation.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, id: ConversationId) -> Sql<Option<Conversation>> {
    c::table.filter(c::id.eq(id)).select(Conversation::as_select()).first(conn).await.optional()
}

/// Whether a buyer ever began a conversation with a shop.
///
/// # Errors
/// The database's fault.
pub async fn knows(conn: &mut AsyncPgConnection, shop: ShopId, buyer: AccountId) -> Sql<bool> {
    let any = c::table.filter(c::shop_id.eq(shop).and(c::buyer_id.eq(buyer))).select(c::id).limit(1);
    Ok(any.first::<ConversationId>(conn).await.optional()?.is_some())
}

/// Writes what changes of a conversation.
///
/// # Errors
/// The database's fault.
pub async fn update(conn: &mut AsyncPgConnection, now: &Conversation) -> Sql<usize> {
    diesel::update(c::table.find((now.shop_id, now.id)))
        .set((
            c::group_id.eq(now.group_id),
            c::agent_id.eq(now.agent_id),
            c::state.eq(now.state.text()),
            c::awaits_shop.eq(now.awaits_shop),
            c::first_reply_at.eq(now.first_reply_at),
            c::last_message_at.eq(now.last_message_at),
            c::closed_at.eq(now.closed_at),
            c::messages.eq(now.messages),
            c::assignments.eq(now.assignments),
        ))
        .execute(conn)
        .await
}

/// Writes an assignment with its reason; `from` is who had it before.
///
/// # Errors
/// The database's fault.
pub async fn assigned(
    conn: &mut AsyncPgConnection,
    to: &Conversation,
    routed: Routed,
    from: Option<SubAccountId>,
    now: Instant,
) -> Sql<()> {
    diesel::insert_into(ca::table)
        .values((
            ca::shop_id.eq(to.shop_id),
            ca::conversation_id.eq(to.id),
            ca::seq.eq(to.assignments),
            ca::agent_id.eq(routed.agent),
            ca::reason.eq(routed.reason.text()),
            ca::handed_over_from.eq(from),
            ca::at.eq(now),
        ))
        .execute(conn)
        .await?;
    if let Some(agent) = routed.agent {
        diesel::update(a::table.find((to.shop_id, agent))).set(a::last_assigned_at.eq(now)).execute(conn).await?;
    }
    Ok(())
}

/// One buyer more or less waits for an agent.
///
/// # Errors
/// The database's fault.
pub async fn waits(conn: &mut AsyncPgConnection, shop: ShopId, agent: SubAccountId, more: i32) -> Sql<usize> {
    diesel::update(a::table.find((shop, agent))).set(a::waiting.eq(a::waiting + more)).execute(conn).await
}

/// The open conversations of an agent, locked.
///
/// # Errors
/// The database's fault.
pub async fn of_agent(conn: &mut AsyncPgConnection, shop: ShopId, agent: SubAccountId) -> Sql<Vec<Conversation>> {
    c::table
        .filter(c::shop_id.eq(shop).and(c::agent_id.eq(agent)).and(c::state.eq(State::Open.text())))
        .order(c::id)
        .select(Conversation::as_select())
        .for_update()
        .load(conn)
        .await
}

/// How many messages conversations have.
///
/// # Errors
/// The database's fault.
pub async fn heads(conn: &mut AsyncPgConnection, ids: &[ConversationId]) -> Sql<Vec<(ConversationId, i64)>> {
    c::table.filter(c::id.eq_any(ids)).select((c::id, c::messages)).load(conn).await
}

/// An assignment: who got it, why, from whom, when.
pub type Assignment = (Option<SubAccountId>, String, Option<SubAccountId>, Instant);

/// The assignments of conversations, the first first; of each a hundred at most.
///
/// # Errors
/// The database's fault.
pub async fn assignments_of(
    conn: &mut AsyncPgConnection,
    of: &[(ShopId, ConversationId)],
) -> Sql<Vec<(ConversationId, Assignment)>> {
    ca::table
        .filter(ca::shop_id.eq_any(of.iter().map(|(shop, _)| *shop)))
        .filter(ca::conversation_id.eq_any(of.iter().map(|(_, id)| *id)))
        .filter(ca::seq.le(MOST_SHOWN))
        .order((ca::conversation_id, ca::seq))
        .select((ca::conversation_id, (ca::agent_id, ca::reason, ca::handed_over_from, ca::at)))
        .load(conn)
        .await
}

/// A page of a buyer's conversations, the newest first.
///
/// # Errors
/// The database's fault.
pub async fn page_of_buyer(
    conn: &mut AsyncPgConnection,
    buyer: AccountId,
    page: &Page<ConversationId>,
) -> Sql<Slice<Conversation>> {
    let query = c::table.filter(c::buyer_id.eq(buyer)).select(Conversation::as_select()).into_boxed();
    page_by!(conn, query, c::id, newest_first, page)
}

/// A page of a shop's conversations, the newest first: all of them, one agent's, or one state's.
///
/// # Errors
/// The database's fault.
pub async fn page_of_shop(
    conn: &mut AsyncPgConnection,
    permit: ReadPermit,
    (agent, state): (Option<SubAccountId>, Option<State>),
    page: &Page<ConversationId>,
) -> Sql<Slice<Conversation>> {
    let mut query = c::table.filter(c::shop_id.eq(permit.shop)).select(Conversation::as_select()).into_boxed();
    if let Some(agent) = agent {
        query = query.filter(c::agent_id.eq(agent));
    }
    if let Some(state) = state {
        query = query.filter(c::state.eq(state.text()));
    }
    page_by!(conn, query, c::id, newest_first, page)
}

/// The conversations of a shop that were begun within a span, with the buyers' dedicated agents; 20,000 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_day(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    from: Instant,
    to: Instant,
) -> Sql<Vec<(Conversation, Option<SubAccountId>)>> {
    use crate::db::schema::desk_dedicated as d;
    c::table
        .left_join(d::table.on(d::shop_id.eq(c::shop_id).and(d::buyer_id.eq(c::buyer_id))))
        .filter(c::shop_id.eq(shop).and(c::opened_at.ge(from)).and(c::opened_at.lt(to)))
        .order(c::opened_at)
        .limit(20_000)
        .select((Conversation::as_select(), d::sub_account_id.nullable()))
        .load(conn)
        .await
}
