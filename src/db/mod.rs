//! The database: one PostgreSQL dialect, a bounded pool, transactions that say what became of them.
//!
//! | file | what |
//! |---|---|
//! | [`target`] | where the database is: URL, TLS, what every session is set to |
//! | [`tls`] | certificates |
//! | [`pool`] | connections: borrowed with a bounded wait (h12), never given back in the middle of a transaction |
//! | [`prepared`] | statements that Diesel would prepare anew on every call |
//! | [`mod@fixed`] | texts that stand in a statement, so that a partial index can serve it |
//! | [`together`] | reads by key, which operations that arrive together share |
//! | `kept` | records that stand by a version, kept in the process |
//! | `per_type` | one value for each type, made when it is first asked for |
//! | [`transaction`] | commit, deliberate roll-back, and the commit of which nobody knows the outcome (h11) |
//! | `paging` | one page of a list, by its key |
//! | [`migrate`] | the steps of `migrations/`, one at a time under a lock (h15) |
//! | [`embedded`] | a PostgreSQL of our own, when no server is configured |
//!
//! Three rules for everything above this layer. **A unit of work uses one connection** and never takes a second while it holds
//! one: the embedded PostgreSQL has only one, and a pool of any size would deadlock. **Nothing holds a connection while it waits
//! for the outside.** And **a statement is counted** ([`Db::statements`]), so that tests can hold a page of a hundred rows to as
//! many statements as a page of one.

#[cfg(feature = "embedded")]
pub mod embedded;
pub mod fixed;
mod kept;
pub mod migrate;
pub(crate) mod paging;
mod per_type;
pub mod pool;
pub mod prepared;
pub mod schema;
pub mod target;
pub mod tls;
pub mod together;
pub mod transaction;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::sql_types::Integer;
use diesel_async::AsyncPgConnection;

use crate::config;
use crate::kernel::Fault;

pub use fixed::fixed;
pub use per_type::PerType;
pub use pool::Conn;
pub use prepared::{RunQueryDsl, Write, write};
pub use target::ConnectError;
pub use together::Batch;
pub use transaction::{Closing, End, write_and_commit};

/// The connection that stores work on; a [`Conn`] dereferences to it.
pub type Connection = AsyncPgConnection;

/// The oldest PostgreSQL that Kith is written for.
pub const OLDEST_VERSION: u32 = 140_000;

/// The database. Clones share one pool.
#[derive(Clone)]
pub struct Db {
    pool: Arc<pool::Pool>,
    statements: Arc<AtomicU64>,
    per_type: Arc<PerType>,
}

impl Db {
    /// Opens a pool to `settings.url` and looks whether the server answers and is young enough. Without a URL it is for
    /// [`embedded`] to start a server first.
    ///
    /// # Errors
    /// [`ConnectError`], in one line and without the password.
    pub async fn connect(settings: &config::Database) -> Result<Self, ConnectError> {
        let target = target::Target::new(settings)?;
        let statements = Arc::new(AtomicU64::new(0));
        let pool = pool::Pool::open(target, settings, Arc::clone(&statements)).await?;
        let db = Self { pool: Arc::new(pool), statements, per_type: Arc::default() };
        let version = db.version().await.map_err(|fault| ConnectError::Unreachable(format!("{fault:?}")))?;
        if version < OLDEST_VERSION {
            return Err(ConnectError::TooOld { version });
        }
        Ok(db)
    }

    /// Borrows a connection. It goes back by itself, unless a transaction was left open in it: then it is closed.
    ///
    /// # Errors
    /// [`Fault::Busy`] when none came free in time (h12) or the server does not take a new one.
    pub async fn get<E>(&self) -> Result<Conn, Fault<E>> {
        self.pool.get().await
    }

    /// How many statements ran so far, `BEGIN`, `COMMIT` and `ROLLBACK` included.
    #[must_use]
    pub fn statements(&self) -> u64 {
        AtomicU64::load(&self.statements, Ordering::Relaxed)
    }

    /// How many connections there are, and how many of them stand idle.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.pool.connections()
    }

    /// The server's version as `server_version_num` writes it: 170005 is 17.5.
    ///
    /// # Errors
    /// As [`Db::get`], or the statement failed.
    pub async fn version(&self) -> Result<u32, Fault> {
        let mut conn = self.get().await?;
        let number = diesel::dsl::sql::<Integer>("SELECT current_setting('server_version_num')::int");
        let number: i32 = number.get_result(&mut *conn).await?;
        Ok(u32::try_from(number).unwrap_or(0))
    }

    /// Closes the pool: whoever waits for a connection is turned away, idle ones are closed at once, borrowed ones when they come
    /// back. Waits until the last one is closed, `grace` at most, and says whether all are.
    pub async fn close(&self, grace: Duration) -> bool {
        self.pool.close(grace).await
    }
}

/// A database with whatever has to be stopped after it.
pub struct Opened {
    /// The database.
    pub db: Db,
    #[cfg(feature = "embedded")]
    embedded: Option<embedded::Embedded>,
}

/// Opens the configured server, or starts the embedded one on `settings.data_dir`.
///
/// # Errors
/// [`ConnectError`], in one line and without the password.
pub async fn open(settings: &config::Database) -> Result<Opened, ConnectError> {
    #[cfg(feature = "embedded")]
    if settings.url.is_none() {
        return Opened::embedded(embedded::Embedded::start(&settings.data_dir).await?, settings).await;
    }
    Ok(Opened {
        db: Db::connect(settings).await?,
        #[cfg(feature = "embedded")]
        embedded: None,
    })
}

impl Opened {
    #[cfg(feature = "embedded")]
    async fn embedded(embedded: embedded::Embedded, settings: &config::Database) -> Result<Self, ConnectError> {
        Ok(Self { db: Db::connect(&embedded.settings(settings)).await?, embedded: Some(embedded) })
    }

    /// A new embedded database that vanishes with this value, for tests. Nothing is migrated yet.
    ///
    /// # Errors
    /// [`ConnectError`].
    #[cfg(feature = "embedded")]
    pub async fn temporary(settings: &config::Database) -> Result<Self, ConnectError> {
        Self::embedded(embedded::Embedded::temporary().await?, settings).await
    }

    /// Whether the database is the embedded one.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        #[cfg(feature = "embedded")]
        return self.embedded.is_some();
        #[cfg(not(feature = "embedded"))]
        false
    }

    /// Closes the pool and then stops the embedded server; `grace` for each. Says whether everything ended in time.
    pub async fn close(self, grace: Duration) -> bool {
        let closed = self.db.close(grace).await;
        #[cfg(feature = "embedded")]
        if let Some(embedded) = self.embedded {
            return embedded.stop(grace).await && closed;
        }
        closed
    }
}

/// The state of the pool, for metrics and for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open connections.
    pub open: usize,
    /// Those that nobody uses.
    pub idle: usize,
    /// Callers that wait for one.
    pub waiting: usize,
}
