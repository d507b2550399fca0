//! A PostgreSQL 17 of our own, inside the process: for trying Kith out, for small installations and for tests.
//!
//! It is reached through a Unix socket in a folder that only we may enter, never over the network: it asks for no password, and it
//! stops serving when a stranger sends it what is not PostgreSQL's protocol. It serves **one connection**; a second one waits.
//! What is different from a server: a statement cannot be cancelled from outside (a dropped future leaves it running to its end).

use std::path::{Path, PathBuf};
use std::time::Duration;

use pglite_oxide::PgliteServer;

use crate::config;
use crate::telemetry::Secret;

/// Socket paths longer than this do not fit the operating system's structure.
const LONGEST_SOCKET_PATH: usize = 100;
/// The name under which a PostgreSQL client looks for the socket in a folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// Why the embedded PostgreSQL does not run. Every text is one line.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process (or another part of this one) has the folder.
    #[error("the data folder {0} is in use by another kith process; stop it, or choose another folder with --data-dir")]
    InUse(PathBuf),
    /// The folder cannot be made or written.
    #[error("the data folder {folder} cannot be used: {reason}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Anything else.
    #[error("the embedded PostgreSQL does not start: {0}")]
    Start(String),
}

/// A running embedded server. Close every connection to it before [`Embedded::stop`].
pub struct Embedded {
    server: Option<PgliteServer>,
    url: String,
    /// Holds the socket, and for a temporary server everything; removed at the end.
    run_dir: PathBuf,
}

impl Embedded {
    /// Starts a server on `data_dir`, which is made if need be. Blocks for 15 ms, the first time for half a second.
    ///
    /// # Errors
    /// [`EmbeddedError`].
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let data_dir = data_dir.to_owned();
        blocking(move || Self::start_blocking(&data_dir)).await
    }

    /// Starts a server on a new folder that is removed with it.
    ///
    /// # Errors
    /// [`EmbeddedError`].
    pub async fn temporary() -> Result<Self, EmbeddedError> {
        blocking(|| {
            let run_dir = private_folder(None)?;
            Self::serve(PgliteServer::builder().temporary().relaxed_durability(true), run_dir)
        })
        .await
    }

    fn start_blocking(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let unusable =
            |error: std::io::Error| EmbeddedError::Folder { folder: data_dir.to_owned(), reason: error.to_string() };
        make_private(data_dir).map_err(unusable)?;
        let data_dir = data_dir.canonicalize().map_err(unusable)?;
        let run_dir = private_folder(Some(&data_dir))?;
        Self::serve(PgliteServer::builder().path(data_dir.join("postgres")), run_dir).map_err(|error| match error {
            EmbeddedError::Start(reason) if reason.contains("already in use") => EmbeddedError::InUse(data_dir),
            other => other,
        })
    }

    fn serve(builder: pglite_oxide::PgliteServerBuilder, run_dir: PathBuf) -> Result<Self, EmbeddedError> {
        let server = builder.unix(run_dir.join(SOCKET)).start();
        let server = server.map_err(|error| EmbeddedError::Start(format!("{error:#}").replace('\n', " ")))?;
        Ok(Self { url: server.connection_uri(), server: Some(server), run_dir })
    }

    /// The settings for [`Db::connect`](super::Db::connect): `base`, but this server and one connection.
    #[must_use]
    pub fn settings(&self, base: &config::Database) -> config::Database {
        config::Database { url: Some(Secret::new(self.url.clone())), max_connections: 1, ..base.clone() }
    }

    /// Stops the server, and says whether it did so within `grace`. It cannot before the last connection to it is closed
    /// ([`Db::close`](super::Db::close)).
    pub async fn stop(mut self, grace: Duration) -> bool {
        let Some(server) = self.server.take() else { return true };
        let stopped = tokio::task::spawn_blocking(move || server.shutdown());
        let done = match tokio::time::timeout(grace, stopped).await {
            Ok(Ok(Ok(()))) => true,
            Ok(Ok(Err(error))) => {
                tracing::warn!("the embedded PostgreSQL stopped with a fault: {error:#}");
                true
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the embedded PostgreSQL panicked while it was stopped");
                true
            }
            Err(_elapsed) => false,
        };
        remove(&self.run_dir);
        done
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            // Dropping it waits for its connections, which may live on this very thread.
            std::thread::spawn(move || drop(server));
            remove(&self.run_dir);
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbeddedError> + Send + 'static,
) -> Result<T, EmbeddedError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| EmbeddedError::Start(error.to_string()))?
}

/// A folder for the socket that only we may enter: in the data folder, or where that has too long a name, among the temporary ones.
fn private_folder(data_dir: Option<&Path>) -> Result<PathBuf, EmbeddedError> {
    let folder = data_dir
        .map(|dir| dir.join("run"))
        .filter(|dir| dir.join(SOCKET).as_os_str().len() <= LONGEST_SOCKET_PATH)
        .unwrap_or_else(|| std::env::temp_dir().join(format!("kith-{}", uuid::Uuid::new_v4().simple())));
    match make_private(&folder) {
        Ok(()) => Ok(folder),
        Err(error) => Err(EmbeddedError::Folder { reason: error.to_string(), folder }),
    }
}

/// Makes a folder that other users of the machine cannot look into. One that exists stays as it is.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn remove(run_dir: &Path) {
    if let Err(error) = std::fs::remove_dir_all(run_dir) {
        tracing::debug!(%error, "the folder of the embedded PostgreSQL's socket stays behind");
    }
}
