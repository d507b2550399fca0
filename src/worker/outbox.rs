//! The SQL on the outbox, from the reader's side. Taking an event deletes it: what is not delivered after all is rolled back,
//! and there again.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use crate::command::Delivery;
use crate::db::RunQueryDsl;
use crate::db::schema::outbox as o;
use crate::kernel::Instant;
use crate::kernel::ids::EventId;

type Sql<T> = Result<T, diesel::result::Error>;

// What is to be taken is found once, as a list; a subquery that limits its rows could be run again for every row.
const TAKE: &str = "DELETE FROM outbox WHERE id = ANY (ARRAY(
        SELECT id FROM outbox WHERE available_at <= $1 ORDER BY available_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING id, topic, shop_id, payload, created_at, available_at, attempts";
const TAKE_ONE: &str = "DELETE FROM outbox WHERE id = ANY (ARRAY(
        SELECT id FROM outbox WHERE id = $1 FOR UPDATE SKIP LOCKED))
    RETURNING id, topic, shop_id, payload, created_at, available_at, attempts";

/// Takes events that are due and that no other worker has taken, the longest due first.
///
/// # Errors
/// The database's fault.
pub async fn take(conn: &mut AsyncPgConnection, now: Instant, most: i64) -> Sql<Vec<Delivery>> {
    let take = diesel::sql_query(TAKE).bind::<Timestamptz, _>(now).bind::<BigInt, _>(most);
    let mut taken: Vec<Delivery> = take.get_results(conn).await?;
    taken.sort_by_key(|event| (event.available_at, event.id));
    Ok(taken)
}

/// Takes one event, unless it was delivered or is taken.
///
/// # Errors
/// The database's fault.
pub async fn take_one(conn: &mut AsyncPgConnection, id: EventId) -> Sql<Option<Delivery>> {
    diesel::sql_query(TAKE_ONE).bind::<SqlUuid, _>(id).get_result(conn).await.optional()
}

/// Counts a failure and puts the event off.
///
/// # Errors
/// The database's fault.
pub async fn failed(conn: &mut AsyncPgConnection, id: EventId, again_at: Instant, error: &str) -> Sql<()> {
    diesel::update(o::table.find(id))
        .set((o::attempts.eq(o::attempts + 1), o::available_at.eq(again_at), o::last_error.eq(error)))
        .execute(conn)
        .await?;
    Ok(())
}
