//! The composition root: the only file that names the parts together.

use std::io::Write as _;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
#[cfg(feature = "embedded")]
use crate::db::embedded::EmbeddedError;
use crate::db::migrate::{self, MigrateError};
use crate::db::{ConnectError, Opened};

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
    let stop = shutdown()?;
    let listener = listen(&config).await?;
    let opened = database(&config).await?;
    let steps = match migrate::run(&opened.db).await {
        Ok(steps) => steps,
        Err(error) => {
            close(opened).await;
            return Err(error.into());
        }
    };
    if !steps.is_empty() {
        tracing::info!(steps = steps.len(), "the database was migrated");
    }
    let address = listener.local_addr().map_err(|error| AppError::Failed(error.to_string()))?;
    tracing::info!(%address, embedded = opened.is_embedded(), "ready");
    say(&format!("Kith is ready on http://{address}/"));
    stop.cancelled().await;
    close(opened).await;
    tracing::info!("stopped");
    Ok(())
}

/// A line for the person at the terminal. That nobody reads it is no fault.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A token that SIGTERM or SIGINT cancels. A second signal ends the process at once (h37).
fn shutdown() -> Result<CancellationToken, AppError> {
    let fault = |error: std::io::Error| AppError::Failed(format!("cannot wait for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(fault)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(fault)?;
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        let mut next = async || tokio::select! { _ = terminate.recv() => 143, _ = interrupt.recv() => 130 };
        next().await;
        tracing::info!("stopping; a second signal ends at once");
        cancel.cancel();
        let code = next().await;
        tracing::warn!("ended by a second signal");
        std::process::exit(code);
    });
    Ok(token)
}
