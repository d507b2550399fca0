//! `kith migrate`

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{block_on, configure, print};
use crate::app::{self, AppError};
use crate::config::Sources;
use crate::db::migrate::{self, Status};

/// Bring the database's tables up to date, look at them, or go back a step. `kith serve` brings them up to date by itself.
#[derive(Args)]
#[command(after_help = "Exit code of `status`: 0 if this version can work on the database as it is, 1 if not.")]
pub(super) struct Migrate {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Run every pending step
    Run,
    /// List the steps and whether they ran; changes nothing
    Status,
    /// Take the latest step back, and the data that it holds with it
    Revert,
}

impl Migrate {
    pub(super) fn run(&self, sources: &Sources) -> Result<ExitCode, AppError> {
        let config = configure(sources)?;
        let (text, code) = block_on(app::with_database(&config, async |opened| {
            Ok(match self.action {
                Action::Run => (ran(&migrate::run(&opened.db).await?), ExitCode::SUCCESS),
                Action::Revert => (format!("reverted {}\n", migrate::revert(&opened.db).await?), ExitCode::SUCCESS),
                Action::Status => {
                    let status = migrate::status(&opened.db).await?;
                    (list(&status), if status.is_current() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
                }
            })
        }))?;
        print(&text);
        Ok(code)
    }
}

fn ran(steps: &[String]) -> String {
    match steps {
        [] => "nothing to do\n".to_owned(),
        steps => steps.iter().fold(String::new(), |text, step| text + "applied " + step + "\n"),
    }
}

fn list(status: &Status) -> String {
    let mut text = String::new();
    for (word, steps) in [("applied", &status.applied), ("pending", &status.pending)] {
        for step in steps {
            let word = if status.unknown.contains(step) { "unknown" } else { word };
            // Writing to a String does not fail.
            let _ = writeln!(text, "{word} {step}");
        }
    }
    text
}
