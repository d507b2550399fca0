//! A bounded pool of sessions.
//!
//! What it adds to deadpool: the wait for a connection is bounded and ends in [`Fault::Busy`] (h12); a connection that comes back
//! in the middle of a transaction, because its future was dropped, is closed **at once** (deadpool would look at it only when
//! somebody takes it next, and until then its locks would stand); and closing the pool waits for the sockets, so that the embedded
//! server can be stopped after it.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool};
use diesel_async::{AnsiTransactionManager, AsyncConnection as _, AsyncPgConnection, TransactionManager};
use futures_util::FutureExt as _;
use tokio_util::task::TaskTracker;

use super::target::{ConnectError, Target};
use super::tls::Tls;
use super::{Connection, Connections};
use crate::config;
use crate::kernel::Fault;

/// How long the very first connection may take: an embedded server unpacks itself, one in a container may still be starting.
const FIRST_CONNECTION: Duration = Duration::from_secs(30);
/// When a statement that nobody waits for is cancelled for the second time.
const CANCEL_AGAIN: Duration = Duration::from_millis(250);
/// When a caller who found no connection shall try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Pool {
    inner: deadpool::Pool<AsyncPgConnection>,
    acquire_timeout: Duration,
    tls: Tls,
    /// What every session is set to.
    session: String,
    /// One task for each open socket.
    sessions: TaskTracker,
}

impl Pool {
    pub(super) async fn open(
        target: Target,
        settings: &config::Database,
        statements: Arc<AtomicU64>,
    ) -> Result<Self, ConnectError> {
        let sessions = TaskTracker::new();
        let (tls, session) = (target.tls.clone(), target.session.clone());
        let opener = Arc::new(Opener { target, sessions: sessions.clone(), statements });
        let mut manager = ManagerConfig::default();
        // `Fast` asks the server nothing: that the socket is open and no transaction is, is known on this side.
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |_url| {
            let opener = Arc::clone(&opener);
            async move { opener.open().await }.boxed()
        });
        // The manager gets no URL: it would keep the password in a plain String.
        let manager = AsyncDieselConnectionManager::new_with_config("", manager);
        let inner = deadpool::Pool::builder(manager)
            .max_size(settings.max_connections.max(1))
            .build()
            .map_err(|error| ConnectError::Unreachable(error.to_string()))?;
        let pool = Self { inner, acquire_timeout: settings.acquire_timeout(), tls, session, sessions };
        match tokio::time::timeout(FIRST_CONNECTION, pool.inner.get()).await {
            Ok(Ok(_first)) => Ok(pool),
            Ok(Err(error)) => Err(ConnectError::Unreachable(reason(&error))),
            Err(_elapsed) => Err(ConnectError::Unreachable(format!("no answer in {} s", FIRST_CONNECTION.as_secs()))),
        }
    }

    pub(super) async fn get<E>(&self) -> Result<Conn, Fault<E>> {
        let busy = || Fault::Busy { retry_after: RETRY_AFTER };
        match tokio::time::timeout(self.acquire_timeout, self.inner.get()).await {
            Ok(Ok(object)) => Ok(Conn { object: Some(object), tls: self.tls.clone(), tainted: false }),
            Ok(Err(error)) => {
                tracing::error!(error = %reason(&error), "no database connection");
                Err(busy())
            }
            Err(_elapsed) => {
                let Connections { open, idle, waiting } = self.connections();
                tracing::warn!(open, idle, waiting, "no database connection came free in time");
                Err(busy())
            }
        }
    }

    pub(super) fn session(&self) -> &str {
        &self.session
    }

    pub(super) fn connections(&self) -> Connections {
        let status = self.inner.status();
        Connections { open: status.size, idle: status.available, waiting: status.waiting }
    }

    pub(super) async fn close(&self, grace: Duration) -> bool {
        self.inner.close();
        self.sessions.close();
        tokio::time::timeout(grace, self.sessions.wait()).await.is_ok()
    }
}

/// Opens sessions.
struct Opener {
    target: Target,
    sessions: TaskTracker,
    statements: Arc<AtomicU64>,
}

impl Opener {
    async fn open(&self) -> ConnectionResult<AsyncPgConnection> {
        let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(describe(&error));
        let (client, session) = self.target.config.connect(self.target.tls.clone()).await.map_err(bad)?;
        // The session is driven here and not by diesel-async: when the connection is dropped while a statement runs, diesel-async
        // tears the socket down, while this task reads the answer first and then says good-bye. The embedded server stops
        // serving when a socket is torn down under it.
        self.sessions.spawn(async move {
            if let Err(error) = session.await {
                tracing::debug!(error = %describe(&error), "a database session ended");
            }
        });
        client.batch_execute(&self.target.session).await.map_err(bad)?;
        let mut conn = AsyncPgConnection::try_from(client).await?;
        conn.set_instrumentation(Counter(Arc::clone(&self.statements)));
        Ok(conn)
    }
}

thread_local! {
    /// Whether a statement was found to need preparing since [`prepares`] began.
    static PREPARES: Cell<bool> = const { Cell::new(false) };
}

/// Takes a step of a statement, and says whether that began to prepare it.
pub(super) fn prepares<T>(step: impl FnOnce() -> T) -> (T, bool) {
    PREPARES.set(false);
    (step(), PREPARES.get())
}

/// Counts statements as they are sent.
struct Counter(Arc<AtomicU64>);

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
            InstrumentationEvent::CacheQuery { .. } => PREPARES.set(true),
            _ => {}
        }
    }
}

/// A borrowed connection. Dropping it gives it back, or closes it if a transaction is still open in it.
pub struct Conn {
    /// `None` only while it is dropped.
    object: Option<deadpool::Object<AsyncPgConnection>>,
    tls: Tls,
    /// Whether it is in a state that nobody else must find.
    tainted: bool,
}

impl Conn {
    /// Says whether the connection is to be closed instead of given back, because its settings or locks were changed.
    pub fn taint(&mut self, tainted: bool) {
        self.tainted = tainted;
    }

    /// Closes the connection instead of giving it back.
    pub fn discard(mut self) {
        self.tainted = true;
    }
}

impl Deref for Conn {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        match &self.object {
            Some(object) => object,
            None => unreachable!("a Conn holds its connection until it is dropped"),
        }
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.object {
            Some(object) => object,
            None => unreachable!("a Conn holds its connection until it is dropped"),
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        if self.tainted || AnsiTransactionManager::is_broken_transaction_manager(&mut *object) {
            close(object, self.tls.clone());
        }
    }
}

/// Takes a connection out of the pool and ends its session. What it still runs is cancelled: nobody waits for it, and its locks
/// are in the way of others.
fn close(object: deadpool::Object<AsyncPgConnection>, tls: Tls) {
    let connection = deadpool::Object::take(object);
    let token = connection.cancel_token();
    drop(connection);
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            // Twice: the first may overtake the statement that it is to end. A session that is over ignores it.
            for pause in [Duration::ZERO, CANCEL_AGAIN] {
                tokio::time::sleep(pause).await;
                if let Err(error) = token.cancel_query(tls.clone()).await {
                    tracing::debug!(error = %describe(&error), "a statement that nobody waits for could not be cancelled");
                }
            }
        });
    }
}

/// Why there was no connection, without deadpool's words around it.
fn reason(error: &deadpool::PoolError) -> String {
    match error {
        deadpool::PoolError::Backend(cause) => describe(cause),
        other => describe(other),
    }
}

/// An error with its causes, in one line. The driver keeps "what" and "why" apart.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text.replace(['\n', '\r'], " ")
}
