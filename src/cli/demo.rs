//! `kith demo`

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::{block_on, configure, print};
use crate::app::{self, AppError, Outside, Service};
use crate::config::Sources;
use crate::db::migrate;
use crate::kernel::clock::{SharedClock, SystemClock};

/// Load the demo data into an empty database, without serving. `kith serve --demo` does it by itself.
#[derive(Args)]
#[command(after_help = "Example:\n  kith demo --data-dir ./data && kith serve --demo")]
pub(super) struct Demo {}

impl Demo {
    pub(super) fn run(&self, mut sources: Sources) -> Result<ExitCode, AppError> {
        sources.flags.push(("demo", "demo.enabled", true.into()));
        let config = configure(&sources)?;
        let loaded = block_on(app::with_database(&config, async |opened| {
            migrate::run(&opened.db).await?;
            let clock: SharedClock = Arc::new(SystemClock);
            let outside = Outside::of(&config, &clock)?;
            let service = Service::new(&config, opened.db.clone(), clock, outside);
            app::demo::load(&service).await
        }))?;
        print(if loaded { "demo data loaded\n" } else { "the database has accounts already; nothing was changed\n" });
        Ok(ExitCode::SUCCESS)
    }
}
