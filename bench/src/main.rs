//! Kith measured beside the limit. See README.md.

mod framework;
mod guards;
mod ids;
mod limit;
mod load;
mod permissions;
mod seed;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use world::{FULL, QUICK, World};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whatever went wrong; this is a tool, so it says so and ends.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Kith measured beside the limit.
#[derive(Parser)]
struct Cli {
    /// The small data set
    #[arg(long, global = true)]
    quick: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fill an empty database that `kith migrate` has prepared
    Seed {
        /// The database
        #[arg(long, env = "DATABASE_URL")]
        database_url: String,
        /// Add the refunds that Q4 uses up, to a copy of the seeded database
        #[arg(long)]
        approvals: bool,
    },
    /// Serve limit A
    Limit {
        /// The database
        #[arg(long, env = "DATABASE_URL")]
        database_url: String,
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8001")]
        listen: SocketAddr,
        /// Connections to the database
        #[arg(long, default_value_t = 16)]
        connections: usize,
    },
    /// Serve Q1 to Q3 from memory, with async-graphql and nothing else
    Framework {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8003")]
        listen: SocketAddr,
    },
    /// Measure Q1 to Q4 on the servers, in turns, and print Markdown
    Load(load::Settings),
    /// Measure payments of relatives beside pgbench with the same statements, in turns, and print Markdown
    Pay(load::Settings),
    /// Print the hash of the payment password of `pay`, at what hashing costs by default
    #[command(hide = true)]
    PaymentPassword,
    /// Compare a guard by the core, by plugins in process and isolated, by a trait object and by wasmtime, and print Markdown
    Guards {
        /// Write the table to a file as well
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Compare a permission decision by Kith, cedar-policy, casbin and regorus, and print Markdown
    Permissions {
        /// Write the table to a file as well
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    // The child of an isolated plugin.
    if let Some(code) = kith::plugins::child_entry() {
        return code;
    }
    let cli = Cli::parse();
    let world = if cli.quick { QUICK } else { FULL };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(cli, world)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, world: World) -> Result<(), Failure> {
    match cli.command {
        Command::Seed { database_url, approvals: false } => seed::run(&database_url, world).await,
        Command::Seed { database_url, approvals: true } => seed::approvals(&database_url, world).await,
        Command::Limit { database_url, listen, connections } => limit::run(&database_url, listen, connections).await,
        Command::Framework { listen } => framework::run(listen, world).await,
        Command::Load(settings) => load::run(settings, world).await,
        Command::Pay(settings) => load::pay(settings, world).await,
        Command::PaymentPassword => {
            println!("{}", load::paying::hash().await?);
            Ok(())
        }
        Command::Guards { out } => guards::run(out.as_deref()).await,
        Command::Permissions { out } => permissions::run(out.as_deref(), cli.quick).await,
    }
}
