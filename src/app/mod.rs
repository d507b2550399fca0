//! The composition root: the only file that names the parts together.

pub mod demo;
pub mod outside;
pub mod parts;
pub mod service;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use poem::{Route, get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
#[cfg(feature = "embedded")]
use crate::db::embedded::EmbeddedError;
use crate::db::migrate::{self, MigrateError};
use crate::db::{ConnectError, Opened};
use crate::domains::plugins::store as plugins;
use crate::kernel::Fault;
use crate::kernel::clock::{SharedClock, ShiftedClock, SystemClock};
use crate::{server, telemetry};

pub use outside::Outside;
pub use service::Service;

/// How long closing the database may take at the end of a command.
const GRACE: Duration = Duration::from_secs(10);

/// Why a command did not do what it was asked to, in one line (h38).
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A setting is wrong: exit code 2.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Anything else: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl From<MigrateError> for AppError {
    fn from(error: MigrateError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Opens the configured database, or the embedded one.
///
/// # Errors
/// [`AppError::Config`] for a setting that is wrong, [`AppError::Failed`] for a server that does not answer.
pub async fn database(config: &Config) -> Result<Opened, AppError> {
    crate::db::open(&config.database).await.map_err(|error| match &error {
        ConnectError::Unreachable(_) => AppError::Failed(error.to_string()),
        ConnectError::Url(reason) => config.fault("database.url", *reason).into(),
        ConnectError::CaFile(reason) => config.fault("database.ca_file", reason).into(),
        ConnectError::NotConfigured | ConnectError::TooOld { .. } => {
            config.fault("database.url", error.to_string()).into()
        }
        #[cfg(feature = "embedded")]
        ConnectError::Embedded(EmbeddedError::Start(_)) => AppError::Failed(error.to_string()),
        #[cfg(feature = "embedded")]
        ConnectError::Embedded(_) => config.fault("database.data_dir", error.to_string()).into(),
    })
}

/// Does `work` with the database and closes it in good order.
///
/// # Errors
/// As [`database`], and those of `work`.
pub async fn with_database<R>(
    config: &Config,
    work: impl AsyncFnOnce(&Opened) -> Result<R, AppError>,
) -> Result<R, AppError> {
    let opened = database(config).await?;
    let result = work(&opened).await;
    close(opened).await;
    result
}

/// Closes the database in good order, or says in the log that it was not.
pub async fn close(opened: Opened) {
    if !opened.close(GRACE).await {
        tracing::warn!("the database was not closed in good order");
    }
}

/// Listens where the configuration says.
///
/// # Errors
/// The port is taken, or the address is not one of this machine (h38).
pub async fn listen(config: &Config) -> Result<TcpListener, ConfigError> {
    let address = config.server.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{address} is in use by another program; stop it, or choose another port with --listen")
            }
            _ => format!("cannot listen on {address}: {error}"),
        };
        config.fault("server.listen", reason)
    })
}

/// Runs the server until it is told to stop: listen, open the database, migrate, serve, close.
///
/// # Errors
/// [`AppError`]; nothing is served before everything is ready.
pub async fn serve(config: Config) -> Result<(), AppError> {
    let metrics = telemetry::metrics::install().map_err(|error| AppError::Failed(error.to_string()))?;
    let listener = listen(&config).await?;
    isolation(&config)?;
    let opened = database(&config).await?;
    let served = serve_on(&config, listener, &opened, metrics).await;
    close(opened).await;
    tracing::info!("stopped");
    served
}

async fn serve_on(
    config: &Config,
    listener: TcpListener,
    opened: &Opened,
    metrics: PrometheusHandle,
) -> Result<(), AppError> {
    let steps = migrate::run(&opened.db).await?;
    if !steps.is_empty() {
        tracing::info!(steps = steps.len(), "the database was migrated");
    }
    let failed = |error: std::io::Error| AppError::Failed(error.to_string());
    let address = listener.local_addr().map_err(failed)?;
    let clock = clock(config);
    let service = Service::new(config, opened.db.clone(), Arc::clone(&clock), Outside::of(config, &clock)?);
    start_plugins(config, &service).await?;
    let personas = if config.demo.enabled { Some(demo::prepare(&service).await?) } else { None };
    let edge = Arc::new(service.edge(config, address).map_err(AppError::Failed)?.with_metrics(metrics.clone()));
    let shutdown = edge.shutdown().clone();
    shutdown.on_signals().map_err(failed)?;
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            metrics.run_upkeep();
        }
    });
    tracing::info!(%address, embedded = opened.is_embedded(), demo = config.demo.enabled, "ready");
    say(&format!("Kith is ready. Playground: http://{address}/"));
    if let Some(personas) = &personas {
        tracing::warn!("demo mode: everybody who can reach this address can act as the demo personas");
        say(&personas.table());
    }
    let routes = server::routes(Arc::clone(&edge), own_routes(&service, address, personas, edge.config()));
    let working = CancellationToken::new();
    let worker = service.worker.run(working.clone());
    let keeping = service.keeper.clone().map(|keeper| tokio::spawn(keeper.run(working.clone())));
    let serving = async {
        let ended = server::run(listener, Arc::clone(&edge), routes).await;
        service.door.tasks.close();
        service.door.tasks.wait().await;
        working.cancel();
        ended
    };
    let (ended, ()) = tokio::join!(serving, worker);
    upkeep.abort();
    if let Some(keeping) = keeping {
        let _ = keeping.await;
    }
    ended.map(|_| ()).map_err(failed)
}

/// Whether this kernel can isolate plugins, where there are to be some; asked before anything is made.
fn isolation(config: &Config) -> Result<(), AppError> {
    let Err(reason) = crate::plugins::check_isolation() else { return Ok(()) };
    if config.plugins.folder.is_some() {
        return Err(config.fault("plugins.folder", format!("isolated plugins cannot run here: {reason}")).into());
    }
    if config.demo.enabled {
        tracing::warn!(reason, "the demo starts without the isolated example plugins");
    }
    Ok(())
}

/// Where plugins are off, nobody asks an adviser that is installed: what it forbids would be allowed (contract, "Fail closed").
async fn no_adviser(config: &Config, service: &Service) -> Result<(), AppError> {
    let fault = |fault: Fault| AppError::Failed(format!("the plugins cannot be read: {fault:?}"));
    let read = async { Ok::<_, Fault>(plugins::all(&mut *service.door.db.get().await?).await?) };
    let rows = read.await.map_err(fault)?;
    match rows.iter().find(|row| row.is_installed() && !row.advises.is_empty()) {
        Some(row) => {
            let reason = format!(
                "the plugin {} is installed and narrows {}, so plugins cannot be off; name a folder, be it an empty one, and \
                 remove it with removePlugin if you do not want it any more",
                row.id,
                row.advises.join(", "),
            );
            Err(config.fault("plugins.folder", reason).into())
        }
        None => Ok(()),
    }
}

/// The plugins that the folder has are in use before anything is served. One that is refused stops nothing.
async fn start_plugins(config: &Config, service: &Service) -> Result<(), AppError> {
    let Some(keeper) = &service.keeper else { return no_adviser(config, service).await };
    let asked_for = config.plugins.folder.is_some();
    if config.demo.enabled
        && !asked_for
        && let Err(error) = demo::plugins::write(&keeper.plugins.settings)
    {
        tracing::warn!(error, "the demo starts without its example plugins");
    }
    keeper.look().await.map_err(|fault| AppError::Failed(format!("the plugins cannot be read: {fault:?}")))
}

/// The time: the system's, or in demo mode the one that was asked for.
fn clock(config: &Config) -> SharedClock {
    match config.demo.clock.filter(|_| config.demo.enabled) {
        Some(at) => Arc::new(ShiftedClock::starting_at(at)),
        None => Arc::new(SystemClock),
    }
}

/// The paths that are not the edge's own: decisions for services, and in demo mode the personas, on loopback only.
fn own_routes(
    service: &Service,
    address: SocketAddr,
    personas: Option<demo::Personas>,
    config: &server::EdgeConfig,
) -> Route {
    let routes = server::authzen::routes(Route::new(), &service.sessions, config);
    match personas {
        Some(demo) if address.ip().is_loopback() => routes
            .at("/demo/examples.json", get(demo::examples::endpoint(&demo)))
            .at("/demo/personas", get(demo::endpoint(demo))),
        _ => routes,
    }
}

/// A line for the person at the terminal. That nobody reads it is no fault.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
