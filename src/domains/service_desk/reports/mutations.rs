//! Reporting and closing in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{MessageReport, shown};
use super::ops::close::CloseReport;
use super::ops::report::{Reason, ReportMessage, Reported};
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;

/// A message that is unwanted.
#[derive(InputObject)]
pub struct ReportMessageInput {
    /// The message: a notification of one's own inbox, or a message of a conversation.
    pub message_id: ID,
    /// Why.
    pub reason: Reason,
    /// What else there is to say: at most 500 characters.
    #[graphql(default)]
    pub remark: String,
}

/// A report that is closed.
#[derive(InputObject)]
pub struct CloseMessageReportInput {
    /// The report.
    pub report_id: ID,
    /// What was found: 1 to 500 characters.
    pub finding: String,
}

/// The report after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct MessageReportPayload {
    /// The report.
    pub report: Option<MessageReport>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Reports.
#[derive(Default)]
pub struct ReportMutation;

#[guarded]
#[Object]
impl ReportMutation {
    /// Reports an unwanted message: a case for the platform's operator. Codes: `REMARK_INVALID`, `ALREADY_REPORTED`,
    /// `OWN_MESSAGE`.
    #[requires(account)]
    async fn report_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ReportMessageInput,
    ) -> async_graphql::Result<MessageReportPayload> {
        let ReportMessageInput { message_id, reason, remark } = input;
        let command = ReportMessage { message: message_id.0, reason, remark };
        payload(RequestContext::of(ctx)?, execute(ctx, command).await?)
    }

    /// Closes a report with what was found. Codes: `REMARK_INVALID`, `REPORT_CLOSED`.
    #[requires("platform.report.handle")]
    async fn close_message_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CloseMessageReportInput,
    ) -> async_graphql::Result<MessageReportPayload> {
        let request = RequestContext::of(ctx)?;
        let report = parse(&input.report_id, "report").or_client(request)?;
        payload(request, execute(ctx, CloseReport { report, finding: input.finding }).await?)
    }
}

fn payload(request: &RequestContext, answer: Answer<Reported>) -> async_graphql::Result<MessageReportPayload> {
    let (reported, user_errors) = answer.split(|reported| reported.report);
    let report = reported.map(|row| shown(request, &row)).transpose().or_client(request)?;
    Ok(MessageReportPayload { report, user_errors })
}
