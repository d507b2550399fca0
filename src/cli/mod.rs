//! The command line: one file per subcommand. Each turns flags into settings and calls into [`crate::app`].
//!
//! What a command gives goes to standard output, what it has to say about itself to standard error. Exit codes: 0 done, 1 failed,
//! 2 wrong settings or usage.

mod completions;
mod demo;
mod doctor;
mod migrate;
#[cfg(target_os = "linux")]
mod plugin;
pub mod schema;
mod serve;
mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::AppError;
use crate::config::{self, Config, ConfigError, Sources};
use crate::telemetry::logging;

const AFTER_HELP: &str = "\
Examples:
  kith serve --demo                      try it out: embedded PostgreSQL, demo data, playground on http://127.0.0.1:8000/
  DATABASE_URL=postgres://… kith serve   serve from a PostgreSQL server
  kith doctor                            find out why it does not start

Settings come from, each stronger than the one before: the defaults, ./kith.toml (or --config FILE), the environment, flags.
`kith help config` lists every setting.

Environment:
  DATABASE_URL             the PostgreSQL server; without it an embedded PostgreSQL runs in the data folder
  KITH_CONFIG              as --config
  KITH_<SECTION>__<KEY>    any setting, such as KITH_SERVER__LISTEN=127.0.0.1:9000 or KITH_LOG__FORMAT=json

Exit codes: 0 done, 1 failed, 2 wrong settings or usage.";

/// A GraphQL API for accounts that act for one another.
#[derive(Parser)]
#[command(name = "kith", version, after_help = AFTER_HELP, arg_required_else_help = true, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Args)]
struct Common {
    /// Settings file (TOML); without it ./kith.toml is read if it is there
    #[arg(long, value_name = "FILE", global = true, env = "KITH_CONFIG", hide_env = true)]
    config: Option<PathBuf>,
    /// Folder of the embedded PostgreSQL
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// PostgreSQL server; prefer DATABASE_URL, which other users of the machine cannot see
    #[arg(long, value_name = "URL", global = true)]
    database_url: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Bring the database's tables up to date, look at them, or go back a step
    Migrate(migrate::Migrate),
    /// Load the demo data without serving
    Demo(demo::Demo),
    /// Print the GraphQL schema, or compare it with a file
    Schema(schema::Schema),
    /// Verify the ledger
    Ledger(verify::Ledger),
    /// Verify the audit trail
    Audit(verify::Audit),
    /// Write, look at, sign and manage plugins
    #[cfg(target_os = "linux")]
    Plugin(plugin::Plugin),
    /// Look for what is wrong with the settings, the port, the data folder and the database
    Doctor(doctor::Doctor),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  kith completions bash > /etc/bash_completion.d/kith")]
    Completions(completions::Completions),
    /// Print help: of Kith, of a command, or of every setting (`kith help config`)
    Help(Help),
}

#[derive(Args)]
struct Help {
    /// A command, such as `plugin sign`, or `config`
    topic: Vec<String>,
}

/// Reads the arguments, does what they say, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            // Written in one piece and in one line; a closed standard error is no reason to panic.
            let _ = writeln!(std::io::stderr(), "kith: {}", error.to_string().replace(['\n', '\r'], " "));
            ExitCode::from(if matches!(error, AppError::Config(_)) { 2 } else { 1 })
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, AppError> {
    let mut sources = Sources::from_process();
    sources.file = cli.common.config;
    if let Some(folder) = cli.common.data_dir {
        sources.flags.push(("--data-dir", "database.data_dir", folder.display().to_string().into()));
    }
    if let Some(url) = cli.common.database_url {
        sources.flags.push(("--database-url", "database.url", url.into()));
    }
    match cli.command {
        Command::Serve(serve) => serve.run(sources),
        Command::Migrate(migrate) => migrate.run(&sources),
        Command::Demo(demo) => demo.run(sources),
        Command::Schema(schema) => schema.run(),
        Command::Ledger(ledger) => ledger.run(&sources),
        Command::Audit(audit) => audit.run(&sources),
        #[cfg(target_os = "linux")]
        Command::Plugin(plugin) => plugin.run(),
        Command::Doctor(doctor) => doctor.run(sources),
        Command::Completions(completions) => completions.run(),
        Command::Help(help) => help.run(),
    }
}

impl Help {
    fn run(&self) -> Result<ExitCode, AppError> {
        if self.topic == ["config"] {
            print(config::DEFAULT_TOML);
            return Ok(ExitCode::SUCCESS);
        }
        let mut root = <Cli as clap::CommandFactory>::command();
        root.build();
        let mut command = &mut root;
        for topic in &self.topic {
            command = command.find_subcommand_mut(topic).ok_or_else(|| {
                ConfigError::new("kith help", "", format!("there is no command {topic:?}; `kith help` lists them"))
            })?;
        }
        print(&command.render_long_help().to_string());
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads the settings and starts logging.
fn configure(sources: &Sources) -> Result<Config, AppError> {
    let config = config::load(sources)?;
    logging::init(config.log.format, &config.log.level).map_err(|reason| config.fault("log.level", reason))?;
    for variable in config::stray_variables(sources) {
        tracing::warn!(
            variable,
            "not a setting: section and key are joined by two underscores, as in KITH_SERVER__LISTEN"
        );
    }
    Ok(config)
}

/// The stack of a worker thread. The futures of a deep selection lie within one another; in an unoptimised build those of the
/// largest resolvers come near the usual 2 MiB.
const THREAD_STACK: usize = 8 << 20;

/// Runs asynchronous work to its end.
fn block_on<R>(work: impl Future<Output = Result<R, AppError>>) -> Result<R, AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(THREAD_STACK).build();
    let runtime = runtime.map_err(|error| AppError::Failed(format!("cannot start the async runtime: {error}")))?;
    let result = runtime.block_on(work);
    // What still blocks a thread (a statement of the embedded PostgreSQL) must not keep the process alive.
    runtime.shutdown_background();
    result
}

/// Writes to standard output. `kith … | head` closes it early, which is no fault.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
