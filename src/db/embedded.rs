//! A PostgreSQL 17 of our own, inside the process: for trying Kith out, for small installations and for tests.
//!
//! It is reached through a Unix socket in a folder that only we may enter, never over the network: it asks for no password, and it
//! stops serving when a stranger sends it what is not PostgreSQL's protocol. It serves **one connection**; a second one waits.
//!
//! What is different from a server, as measured with `pglite-oxide` 0.5.1:
//! - A statement cannot be cancelled: `statement_timeout` has no effect, and a dropped future leaves it running to its end.
//! - What was acknowledged survives `kill -9` of this process, because the operating system has it by then. It need not survive a
//!   power cut: nothing is ever forced to the disk, whatever `fsync` says. Use a server where that matters.
//! - Several run in one process at the same time, each on its own folder, about 125 MB of memory each.
//! - The crate would lay a new data folder over files in its cache, and refuse it once a later version of the crate has other
//!   files there. So a new folder is made complete here; it can be copied, backed up and opened by later versions.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pglite_oxide::{DataDirArchiveFormat, Pglite, PgliteServer, PgliteServerBuilder};

use crate::config;
use crate::telemetry::Secret;

/// Socket paths longer than this do not fit the operating system's structure.
const LONGEST_SOCKET_PATH: usize = 100;
/// Enough for one connection; the crate's 128 MB cost as much memory and double the time to start.
const SHARED_BUFFERS: &str = "16MB";
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
    /// Keeps other processes out of the data folder. A temporary server has none.
    _lock: Option<File>,
    /// Holds the socket, and for a temporary server everything; removed at the end.
    run_dir: PathBuf,
}

impl Embedded {
    /// Starts a server on `data_dir`, which is made if need be. Takes some milliseconds, for a new folder about a second.
    ///
    /// # Errors
    /// [`EmbeddedError`].
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let data_dir = data_dir.to_owned();
        blocking(move || {
            make_private(&data_dir).map_err(|error| unusable(&data_dir, &error))?;
            let data_dir = data_dir.canonicalize().map_err(|error| unusable(&data_dir, &error))?;
            let lock = lock(&data_dir)?;
            let root = data_dir.join("postgres");
            if !root.exists() {
                create(&root, &data_dir.join("postgres.new"))?;
            }
            let run_dir = private_folder(Some(&data_dir))?;
            Self::serve(builder().path(root), run_dir, Some(lock))
        })
        .await
    }

    /// Starts a server on a new folder that is removed with it.
    ///
    /// # Errors
    /// [`EmbeddedError`].
    pub async fn temporary() -> Result<Self, EmbeddedError> {
        blocking(|| Self::serve(builder().temporary(), private_folder(None)?, None)).await
    }

    fn serve(builder: PgliteServerBuilder, run_dir: PathBuf, lock: Option<File>) -> Result<Self, EmbeddedError> {
        let server = builder.unix(run_dir.join(SOCKET)).start();
        let server = server.map_err(|error| EmbeddedError::Start(format!("{error:#}").replace('\n', " ")))?;
        Ok(Self { url: server.connection_uri(), server: Some(server), _lock: lock, run_dir })
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

fn unusable(folder: &Path, error: &std::io::Error) -> EmbeddedError {
    EmbeddedError::Folder { folder: folder.to_owned(), reason: error.to_string() }
}

/// Takes the data folder for this process. The system lets go of it when the process ends, however it ends.
fn lock(data_dir: &Path) -> Result<File, EmbeddedError> {
    let file = File::create(data_dir.join("kith.lock")).map_err(|error| unusable(data_dir, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(EmbeddedError::InUse(data_dir.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(unusable(data_dir, &error)),
    }
}

/// Makes a complete new cluster in `root`, all of it or, if interrupted, nothing.
fn create(root: &Path, staging: &Path) -> Result<(), EmbeddedError> {
    let made = || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if staging.exists() {
            std::fs::remove_dir_all(staging)?;
        }
        let mut template = Pglite::builder().temporary().postgres_config("shared_buffers", SHARED_BUFFERS).open()?;
        let archive = template.dump_data_dir_with_format(DataDirArchiveFormat::Tar)?;
        template.close()?;
        let mut copy = Pglite::builder().path(staging).load_data_dir_archive(archive);
        copy = copy.postgres_config("shared_buffers", SHARED_BUFFERS);
        copy.open()?.close()?;
        Ok(std::fs::rename(staging, root)?)
    };
    // On a thread that knows no async runtime: the engine has one of its own.
    let made = std::thread::scope(|scope| scope.spawn(made).join());
    match made {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(EmbeddedError::Start(format!("{error:#}").replace('\n', " "))),
        Err(_panic) => Err(EmbeddedError::Start("a new data folder could not be made".to_owned())),
    }
}

fn builder() -> PgliteServerBuilder {
    PgliteServer::builder().postgres_config("shared_buffers", SHARED_BUFFERS)
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
