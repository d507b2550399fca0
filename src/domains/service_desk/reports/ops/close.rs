//! `closeMessageReport`: the operator says what was found.

use serde::Serialize;
use serde_json::json;

use super::report::{LONGEST_REMARK, ReportRefusal, Reported};
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::service_desk::perms::REPORTS;
use crate::domains::service_desk::reports::store::{self, Report};
use crate::kernel::ids::MessageReportId;
use crate::kernel::{Fault, names};

/// Closes a case.
#[derive(Debug, Serialize)]
pub struct CloseReport {
    /// The report.
    pub report: MessageReportId,
    /// What was found.
    pub finding: String,
}

impl Command for CloseReport {
    const NAME: &'static str = "closeMessageReport";
    type Output = Reported;
    type Refusal = ReportRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Reported, Fault<ReportRefusal>> {
        tx.permit_platform(REPORTS, &self.report)?;
        if !names::is_prose(&self.finding, LONGEST_REMARK) {
            return Err(Fault::Refused(ReportRefusal::RemarkInvalid));
        }
        let report = store::lock(tx.conn, self.report).await?.ok_or(Fault::NotFound { what: "report" })?;
        if report.state != "OPEN" {
            return Err(Fault::Refused(ReportRefusal::Closed));
        }
        store::close(tx.conn, &report, &self.finding, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Platform,
            target: self.report.to_string(),
            permission: Some(REPORTS),
            grant: None,
            detail: json!({ "finding": self.finding }),
        });
        let (state, closed_at, finding) = ("CLOSED".to_owned(), Some(tx.now), Some(self.finding.clone()));
        Ok(Reported { report: Report { state, closed_at, finding, ..report } })
    }
}
