//! The only SQL on `verifications` and `verification_looks`.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{NewVerification, What};
use crate::db::paging::page_by;
use crate::db::schema::{verification_looks as l, verifications as v};
use crate::db::{RunQueryDsl, fixed};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, PersonSessionId, ShopId, VerificationId};
use crate::kernel::page::{Page, Slice};
use crate::permissions::PlatformPermit;

type Sql<T> = Result<T, diesel::result::Error>;

/// How long whoever asks has before somebody else asks again.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// A question.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = v)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Verification {
    /// Whom it is about.
    pub owner_id: Uuid,
    /// The question.
    pub id: VerificationId,
    /// `IDENTITY` or `FACE`.
    pub kind: String,
    /// The shop of a sub-account.
    pub shop_id: Option<ShopId>,
    /// The session of a photo.
    pub session_id: Option<PersonSessionId>,
    /// The gesture that was asked for.
    pub gesture: Option<String>,
    /// The key of the photo.
    pub photo: Option<String>,
    /// `WAITING`, `MANUAL`, `PASSED` or `FAILED`.
    pub state: String,
    /// Who it is said to be, sealed.
    pub claim: Option<Vec<u8>>,
    /// How often it was asked.
    pub attempts: i32,
    /// When it was put.
    pub created_at: Instant,
    /// Why it stands as it does.
    pub reason: Option<String>,
}

impl Verification {
    /// Whether it waits for an answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "WAITING" | "MANUAL")
    }
}

/// Adds a question, which nobody else asks during the first minute.
///
/// # Errors
/// The database's fault.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: VerificationId,
    new: &NewVerification<'_>,
    claim: &[u8],
    now: Instant,
) -> Sql<usize> {
    let (kind, session, gesture, photo) = match new.what {
        What::Identity => ("IDENTITY", None, None, None),
        What::Face { session, gesture, photo } => ("FACE", Some(session), Some(gesture), Some(photo)),
    };
    diesel::insert_into(v::table)
        .values((
            v::owner_id.eq(new.owner),
            v::id.eq(id),
            v::kind.eq(kind),
            v::shop_id.eq(new.shop),
            v::session_id.eq(session),
            v::gesture.eq(gesture),
            v::photo.eq(photo),
            v::state.eq("WAITING"),
            v::claim.eq(claim),
            v::available_at.eq(now + LEASE),
            v::created_at.eq(now),
        ))
        .execute(conn)
        .await
}

/// Takes a question for asking it, unless it is decided.
///
/// # Errors
/// The database's fault.
pub async fn take(
    conn: &mut AsyncPgConnection,
    owner: Uuid,
    id: VerificationId,
    now: Instant,
) -> Sql<Option<Verification>> {
    diesel::update(v::table.find((owner, id)).filter(v::state.eq("WAITING")))
        .set((v::attempts.eq(v::attempts + 1), v::available_at.eq(now + LEASE)))
        .returning(Verification::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Questions that nobody is asking, the longest due first.
///
/// # Errors
/// The database's fault.
pub async fn due(conn: &mut AsyncPgConnection, now: Instant, most: i64) -> Sql<Vec<(Uuid, VerificationId)>> {
    let due = v::table.filter(v::state.eq(fixed("WAITING")).and(v::available_at.le(now)));
    due.order((v::available_at, v::id)).limit(most).select((v::owner_id, v::id)).load(conn).await
}

/// Puts a question off.
///
/// # Errors
/// The database's fault.
pub async fn again(
    conn: &mut AsyncPgConnection,
    taken: &Verification,
    at: Instant,
    why: &str,
    counts: bool,
) -> Sql<usize> {
    let mine = v::table.find((taken.owner_id, taken.id));
    let mine = mine.filter(v::state.eq("WAITING").and(v::attempts.eq(taken.attempts)));
    let attempts = taken.attempts - i32::from(!counts);
    diesel::update(mine).set((v::available_at.eq(at), v::reason.eq(why), v::attempts.eq(attempts))).execute(conn).await
}

/// A question of an owner.
///
/// # Errors
/// The database's fault.
pub async fn get(conn: &mut AsyncPgConnection, owner: Uuid, id: VerificationId) -> Sql<Option<Verification>> {
    v::table.find((owner, id)).select(Verification::as_select()).first(conn).await.optional()
}

/// The owner of a question.
///
/// # Errors
/// The database's fault.
pub async fn owner(conn: &mut AsyncPgConnection, id: VerificationId) -> Sql<Option<Uuid>> {
    v::table.filter(v::id.eq(id)).select(v::owner_id).first(conn).await.optional()
}

/// A question, locked for its answer.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, owner: Uuid, id: VerificationId) -> Sql<Option<Verification>> {
    v::table.find((owner, id)).select(Verification::as_select()).for_update().first(conn).await.optional()
}

/// Notes that an operator has seen a question whole.
///
/// # Errors
/// The database's fault.
pub async fn looked(conn: &mut AsyncPgConnection, asked: &Verification, by: AccountId, now: Instant) -> Sql<usize> {
    diesel::insert_into(l::table)
        .values((
            l::owner_id.eq(asked.owner_id),
            l::verification_id.eq(asked.id),
            l::operator_id.eq(by),
            l::opened_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
}

/// Whether an operator has seen a question whole.
///
/// # Errors
/// The database's fault.
pub async fn was_seen_by(conn: &mut AsyncPgConnection, asked: &Verification, by: AccountId) -> Sql<bool> {
    let look = l::table.find((asked.owner_id, asked.id, by));
    diesel::select(diesel::dsl::exists(look)).get_result(conn).await
}

/// Photos that were asked about before a moment and that nobody has answered, the oldest first.
///
/// # Errors
/// The database's fault.
pub async fn unanswered_photos(
    conn: &mut AsyncPgConnection,
    before: Instant,
    most: i64,
) -> Sql<Vec<(Uuid, VerificationId)>> {
    let mut found = Vec::new();
    for state in [fixed("MANUAL"), fixed("WAITING")] {
        let old = v::table.filter(v::state.eq(state).and(v::kind.eq("FACE")).and(v::created_at.le(before)));
        let page: Vec<(Uuid, VerificationId)> =
            old.order(v::id).limit(most).select((v::owner_id, v::id)).load(conn).await?;
        found.extend(page);
    }
    Ok(found)
}

/// Hands a question to the operators.
///
/// # Errors
/// The database's fault.
pub async fn to_operators(conn: &mut AsyncPgConnection, asked: &Verification, why: &str) -> Sql<usize> {
    let row = v::table.find((asked.owner_id, asked.id));
    diesel::update(row).set((v::state.eq("MANUAL"), v::reason.eq(why))).execute(conn).await
}

/// Notes the answer. What was asked about is gone then.
///
/// # Errors
/// The database's fault.
pub async fn decide(
    conn: &mut AsyncPgConnection,
    asked: &Verification,
    passed: bool,
    (by, why): (&str, Option<&str>),
    now: Instant,
) -> Sql<usize> {
    let state = if passed { "PASSED" } else { "FAILED" };
    diesel::update(v::table.find((asked.owner_id, asked.id)))
        .set((
            v::state.eq(state),
            v::claim.eq(None::<Vec<u8>>),
            v::decided_at.eq(now),
            v::decided_by.eq(by),
            v::reason.eq(why),
        ))
        .execute(conn)
        .await
}

/// A page of what waits for operators, the oldest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    _: PlatformPermit,
    page: &Page<VerificationId>,
) -> Sql<Slice<Verification>> {
    let query = v::table.filter(v::state.eq(fixed("MANUAL"))).select(Verification::as_select()).into_boxed();
    page_by!(conn, query, v::id, oldest_first, page)
}
