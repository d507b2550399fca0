//! Cases that reports opened (requirement 0.11): the only SQL on `intimate_cases`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::model::{IntimatePay, State};
use crate::db::RunQueryDsl;
use crate::db::schema::intimate_cases as c;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, CaseId, IntimateUseId};

type Sql<T> = Result<T, diesel::result::Error>;

/// A case that a report opened.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = c)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Case {
    /// The id.
    pub id: CaseId,
    /// The payment that was reported, if it was one.
    pub use_id: Option<IntimateUseId>,
    /// Who reported.
    pub reported_by: AccountId,
    /// Why.
    pub reason: String,
    /// `OPEN` or `CLOSED`.
    pub state: String,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
}

/// Opens a case. Of a relation that has ended it is on record and closed at once: there is nothing left to let go on.
///
/// # Errors
/// The database's fault.
pub async fn open(
    conn: &mut AsyncPgConnection,
    relation: &IntimatePay,
    used: Option<IntimateUseId>,
    by: AccountId,
    reason: &str,
    now: Instant,
) -> Sql<CaseId> {
    let (id, ended) = (CaseId::generate(), relation.state() == State::Ended);
    diesel::insert_into(c::table)
        .values((
            c::payer_account_id.eq(relation.payer_account_id),
            c::id.eq(id),
            c::relation_id.eq(relation.id),
            c::use_id.eq(used),
            c::reported_by.eq(by),
            c::reason.eq(reason),
            c::state.eq(if ended { "CLOSED" } else { "OPEN" }),
            c::opened_at.eq(now),
            c::closed_at.eq(ended.then_some(now)),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// Closes the open cases of a relation; says how many there were.
///
/// # Errors
/// The database's fault.
pub async fn close(conn: &mut AsyncPgConnection, relation: &IntimatePay, now: Instant) -> Sql<usize> {
    let open = c::payer_account_id.eq(relation.payer_account_id).and(c::relation_id.eq(relation.id));
    diesel::update(c::table.filter(open.and(c::state.eq("OPEN"))))
        .set((c::state.eq("CLOSED"), c::closed_at.eq(now)))
        .execute(conn)
        .await
}

/// The cases of a relation, the newest first; 100 at most.
///
/// # Errors
/// The database's fault.
pub async fn of_relation(conn: &mut AsyncPgConnection, relation: &IntimatePay) -> Sql<Vec<Case>> {
    c::table
        .filter(c::payer_account_id.eq(relation.payer_account_id).and(c::relation_id.eq(relation.id)))
        .order(c::id.desc())
        .limit(100)
        .select(Case::as_select())
        .load(conn)
        .await
}
