//! Reports in the API: one's own, and for operators all of them.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::report::Reason;
use super::store::{self, Report as Row};
use crate::connection;
use crate::domains::accounts::own;
use crate::domains::service_desk::conversations::model::SEALED_FOR;
use crate::domains::service_desk::perms::REPORTS;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::kernel::ids::MessageReportId;
use crate::kernel::page::Slice;

/// A message that somebody reported.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct MessageReport {
    /// The id.
    pub id: ID,
    /// The message.
    pub message_id: ID,
    /// Why.
    pub reason: Option<Reason>,
    /// What the reporter says to it.
    pub remark: String,
    /// What a reported chat message said; null for a message of the inbox.
    pub text: Option<String>,
    /// Whether it waits for an operator.
    pub open: bool,
    /// When it was reported.
    pub reported_at: DateTime,
    /// When it was closed.
    pub closed_at: Option<DateTime>,
    /// What the operator found.
    pub finding: Option<String>,
}

connection!(
    /// A page of reports.
    MessageReportConnection,
    MessageReportEdge,
    MessageReport
);

/// A report as the API has it.
///
/// # Errors
/// It was sealed with another key.
pub fn shown(request: &RequestContext, row: &Row) -> Result<MessageReport, Fault> {
    let keys = &request.door.env.keys;
    let text = row.body.as_ref().map(|body| keys.open_text(SEALED_FOR, body)).transpose().map_err(Fault::internal)?;
    Ok(MessageReport {
        id: id(row.id),
        message_id: ID(row.message.clone()),
        reason: Reason::parse(&row.reason),
        remark: row.remark.clone(),
        text,
        open: row.state == "OPEN",
        reported_at: DateTime(row.reported_at),
        closed_at: row.closed_at.map(DateTime),
        finding: row.finding.clone(),
    })
}

fn page(request: &RequestContext, slice: Slice<Row>) -> Result<MessageReportConnection, Fault> {
    let Slice { rows, has_previous, has_next } = slice;
    let rows: Vec<(MessageReportId, MessageReport)> =
        rows.iter().map(|row| Ok((row.id, shown(request, row)?))).collect::<Result<_, Fault>>()?;
    let slice = Slice { rows, has_previous, has_next };
    Ok(MessageReportConnection::new(slice, |(id, _)| *id, |(_, report)| report))
}

/// Whoever is logged in: what they reported.
pub struct ViewerReports;

#[guarded]
#[Object]
impl ViewerReports {
    /// Messages that this account reported, the newest first.
    #[requires(account)]
    async fn message_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<MessageReportConnection> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        let found = async {
            let account = own::of_request(request)?;
            let asked = args.read()?;
            let slice = store::page(&mut *request.conn().await?, Some(account), false, &asked).await?;
            page(request, slice)
        };
        found.await.or_client(request)
    }
}

/// Reports, for operators.
#[derive(Default)]
pub struct ReportQuery;

#[guarded]
#[Object]
impl ReportQuery {
    /// Messages that people reported, the newest first.
    #[requires("platform.report.handle")]
    async fn message_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that wait.", default = true)] open_only: bool,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<MessageReportConnection> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        let found = async {
            request.platform_permit(REPORTS).await?;
            let asked = args.read()?;
            let slice = store::page(&mut *request.conn().await?, None, open_only, &asked).await?;
            page(request, slice)
        };
        found.await.or_client(request)
    }
}
