//! The only SQL on `person_sessions`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::db::RunQueryDsl;
use crate::db::schema::person_sessions as s;
use crate::kernel::Instant;
use crate::kernel::ids::{PersonSessionId, ShopId};

type Sql<T> = Result<T, diesel::result::Error>;

/// A session.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = s)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct PersonSession {
    /// Whose: an account or a sub-account.
    pub owner_id: Uuid,
    /// The session.
    pub id: PersonSessionId,
    /// The shop of a sub-account.
    pub shop_id: Option<ShopId>,
    /// What is asked for.
    pub gesture: String,
    /// `OPEN`, `SUBMITTED`, `PASSED`, `FAILED` or `REPLACED`.
    pub state: String,
    /// The key of the photo.
    pub photo: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it began.
    pub created_at: Instant,
    /// When it is over.
    pub expires_at: Instant,
}

/// Starts a session, which takes the place of one that is open.
///
/// # Errors
/// The database's fault.
pub async fn start(conn: &mut AsyncPgConnection, new: &PersonSession) -> Sql<usize> {
    let open = s::table.filter(s::owner_id.eq(new.owner_id).and(s::state.eq("OPEN")));
    diesel::update(open).set(s::state.eq("REPLACED")).execute(conn).await?;
    diesel::insert_into(s::table)
        .values((
            s::owner_id.eq(new.owner_id),
            s::id.eq(new.id),
            s::shop_id.eq(new.shop_id),
            s::gesture.eq(&new.gesture),
            s::state.eq(&new.state),
            s::created_at.eq(new.created_at),
            s::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await
}

/// A session of an owner.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, owner: Uuid, id: PersonSessionId) -> Sql<Option<PersonSession>> {
    s::table.find((owner, id)).select(PersonSession::as_select()).first(conn).await.optional()
}

/// The same, locked for a change.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, owner: Uuid, id: PersonSessionId) -> Sql<Option<PersonSession>> {
    s::table.find((owner, id)).select(PersonSession::as_select()).for_update().first(conn).await.optional()
}

/// The newest session of an owner.
///
/// # Errors
/// The database's fault.
pub async fn newest(conn: &mut AsyncPgConnection, owner: Uuid) -> Sql<Option<PersonSession>> {
    let all = s::table.filter(s::owner_id.eq(owner)).order(s::id.desc());
    all.select(PersonSession::as_select()).first(conn).await.optional()
}

/// How many sessions an owner has started since a moment.
///
/// # Errors
/// The database's fault.
pub async fn started_since(conn: &mut AsyncPgConnection, owner: Uuid, since: Instant) -> Sql<i64> {
    s::table.filter(s::owner_id.eq(owner).and(s::created_at.gt(since))).count().get_result(conn).await
}

/// Notes the photo of a session.
///
/// # Errors
/// The database's fault.
pub async fn submit(
    conn: &mut AsyncPgConnection,
    (owner, id): (Uuid, PersonSessionId),
    photo: &str,
    now: Instant,
) -> Sql<usize> {
    let submitted = (s::state.eq("SUBMITTED"), s::photo.eq(photo), s::submitted_at.eq(now));
    diesel::update(s::table.find((owner, id))).set(submitted).execute(conn).await
}

/// Notes how a session ended.
///
/// # Errors
/// The database's fault.
pub async fn decide(
    conn: &mut AsyncPgConnection,
    (owner, id): (Uuid, PersonSessionId),
    passed: bool,
    reason: Option<&str>,
    now: Instant,
) -> Sql<usize> {
    let state = if passed { "PASSED" } else { "FAILED" };
    let decided = (s::state.eq(state), s::reason.eq(reason), s::decided_at.eq(now));
    diesel::update(s::table.find((owner, id))).set(decided).execute(conn).await
}

/// Sessions whose photos were not deleted and whose time is over, the oldest first: those that were decided before a moment, and those
/// that began before it and wait for no answer. A photo that waits stays where whoever answers can see it.
///
/// # Errors
/// The database's fault.
pub async fn with_old_photos(
    conn: &mut AsyncPgConnection,
    before: Instant,
    most: i64,
) -> Sql<Vec<(Uuid, PersonSessionId)>> {
    let undecided = s::decided_at.is_null().and(s::state.ne("SUBMITTED"));
    let old = s::table
        .filter(s::photo_deleted_at.is_null().and(s::created_at.lt(before)))
        .filter(undecided.or(s::decided_at.lt(before)));
    old.order((s::created_at, s::id)).limit(most).select((s::owner_id, s::id)).load(conn).await
}

/// Notes that the photos of a session were deleted.
///
/// # Errors
/// The database's fault.
pub async fn photos_deleted(
    conn: &mut AsyncPgConnection,
    (owner, id): (Uuid, PersonSessionId),
    now: Instant,
) -> Sql<usize> {
    let deleted = (s::photo_deleted_at.eq(now), s::photo.eq(None::<&str>));
    diesel::update(s::table.find((owner, id))).set(deleted).execute(conn).await
}
