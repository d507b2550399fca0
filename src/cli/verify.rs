//! `kith ledger verify` and `kith audit verify`

use std::fmt::{Display, Write as _};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{block_on, configure, print};
use crate::app::{self, AppError};
use crate::config::Sources;
use crate::domains::{audit, payments::ledger};
use crate::kernel::Fault;

/// Look after the ledger.
#[derive(Args)]
#[command(
    after_help = "Exit code of `verify`: 0 if everything agrees, 1 if not. It reads one snapshot and changes nothing."
)]
pub(super) struct Ledger {
    #[command(subcommand)]
    action: Action,
}

/// Look after the audit trail.
#[derive(Args)]
#[command(after_help = "Exit code of `verify`: 0 if everything is as it was written, 1 if not. It changes nothing.")]
pub(super) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Walk all of it and name every fault, rows changed by hand included
    Verify,
}

impl Ledger {
    pub(super) fn run(&self, sources: &Sources) -> Result<ExitCode, AppError> {
        let Action::Verify = self.action;
        let config = configure(sources)?;
        let report =
            block_on(app::with_database(&config, async |opened| ledger::verify(&opened.db).await.map_err(failed)))?;
        let mut summary =
            format!("{} entries, {} accounts, {} refunds", report.entries, report.accounts, report.refunds);
        for unclaimed in &report.unclaimed {
            let _ = write!(summary, ", {unclaimed} of deleted accounts set aside");
        }
        Ok(tell(&summary, &report.findings, report.more))
    }
}

impl Audit {
    pub(super) fn run(&self, sources: &Sources) -> Result<ExitCode, AppError> {
        let Action::Verify = self.action;
        let config = configure(sources)?;
        let report =
            block_on(app::with_database(&config, async |opened| audit::verify_all(&opened.db).await.map_err(failed)))?;
        let summary = format!("{} entries in {} chains", report.entries, report.chains);
        Ok(tell(&summary, &report.findings, report.more))
    }
}

fn failed(fault: Fault) -> AppError {
    AppError::Failed(format!("the database did not answer: {fault:?}"))
}

fn tell(summary: &str, findings: &[impl Display], more: bool) -> ExitCode {
    let mut text = format!("{summary}: ");
    if findings.is_empty() {
        text.push_str("no faults\n");
        print(&text);
        return ExitCode::SUCCESS;
    }
    text.push_str("faults found\n");
    for finding in findings {
        let _ = writeln!(text, "  {finding}");
    }
    if more {
        text.push_str("  … and more\n");
    }
    print(&text);
    ExitCode::FAILURE
}
