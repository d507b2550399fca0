//! The only SQL on `message_reports`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::paging::page_by;
use crate::db::schema::message_reports as r;
use crate::db::{RunQueryDsl, fixed};
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, MessageReportId};
use crate::kernel::page::{Page, Slice};

type Sql<T> = Result<T, diesel::result::Error>;

/// A report.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, serde::Serialize, serde::Deserialize)]
#[diesel(table_name = r)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Report {
    /// Who reports.
    pub account_id: AccountId,
    /// The id.
    pub id: MessageReportId,
    /// The message, as an id.
    pub message: String,
    /// Why.
    pub reason: String,
    /// What the reporter says to it.
    pub remark: String,
    /// What the message said, sealed; none for a notification, which has a topic.
    pub body: Option<Vec<u8>>,
    /// `OPEN` or `CLOSED`.
    pub state: String,
    /// When it was reported.
    pub reported_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// What the operator found.
    pub finding: Option<String>,
}

/// Opens a case; says whether the reporter had reported the message before.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, new: &Report) -> Sql<bool> {
    let put = diesel::insert_into(r::table).values(new).on_conflict_do_nothing().execute(conn).await?;
    Ok(put == 1)
}

/// A report, locked.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: MessageReportId) -> Sql<Option<Report>> {
    r::table.filter(r::id.eq(id)).select(Report::as_select()).for_update().first(conn).await.optional()
}

/// Closes a case.
///
/// # Errors
/// The database's fault.
pub async fn close(conn: &mut AsyncPgConnection, report: &Report, finding: &str, now: Instant) -> Sql<usize> {
    diesel::update(r::table.find((report.account_id, report.id)))
        .set((r::state.eq("CLOSED"), r::closed_at.eq(now), r::finding.eq(finding)))
        .execute(conn)
        .await
}

/// Cases, the newest first: all of them, the open ones, or one reporter's.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    reporter: Option<AccountId>,
    open_only: bool,
    page: &Page<MessageReportId>,
) -> Sql<Slice<Report>> {
    let mut query = r::table.select(Report::as_select()).into_boxed();
    if let Some(reporter) = reporter {
        query = query.filter(r::account_id.eq(reporter));
    }
    if open_only {
        query = query.filter(r::state.eq(fixed("OPEN")));
    }
    page_by!(conn, query, r::id, newest_first, page)
}
