//! `kith serve`

use std::process::ExitCode;

use clap::Args;

use super::{block_on, configure};
use crate::app::{self, AppError};
use crate::config::Sources;

const AFTER_HELP: &str = "\
Examples:
  kith serve --demo                       demo data and log-ins, on this machine only
  kith serve --listen 0.0.0.0:8000        serve the network
  kith serve --data-dir /var/lib/kith     keep the embedded PostgreSQL there
  kith serve --config /etc/kith.toml      settings from a file

The server stops on SIGTERM or Ctrl-C when what is under way is done; a second signal ends it at once.";

/// Run the server: open or start the database, migrate it, and serve until SIGTERM or Ctrl-C.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Serve {
    /// Address and port to listen on [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Load demo data into an empty database and hand out demo log-ins
    #[arg(long)]
    demo: bool,
    /// Let the demo's clock start at a moment (RFC 3339), to try limits by hour and day at night
    #[arg(long, requires = "demo", value_name = "TIME")]
    demo_clock: Option<String>,
    /// Let demo mode listen on an address that others can reach
    #[arg(long, requires = "demo")]
    allow_remote_demo: bool,
    /// Let demo mode use a database server
    #[arg(long, requires = "demo")]
    allow_external_demo_database: bool,
}

impl Serve {
    pub(super) fn run(self, mut sources: Sources) -> Result<ExitCode, AppError> {
        if let Some(address) = self.listen {
            sources.flags.push(("--listen", "server.listen", address.into()));
        }
        if let Some(clock) = self.demo_clock {
            sources.flags.push(("--demo-clock", "demo.clock", clock.into()));
        }
        for (given, flag, key) in [
            (self.demo, "--demo", "demo.enabled"),
            (self.allow_remote_demo, "--allow-remote-demo", "demo.allow_remote"),
            (self.allow_external_demo_database, "--allow-external-demo-database", "demo.allow_external_database"),
        ] {
            if given {
                sources.flags.push((flag, key, true.into()));
            }
        }
        let config = configure(&sources)?;
        block_on(app::serve(config))?;
        Ok(ExitCode::SUCCESS)
    }
}
