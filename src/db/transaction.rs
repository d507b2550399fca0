//! Transactions that say what became of them.
//!
//! `db.transaction(async |conn| { … })` commits when the closure gives `Ok` and rolls back when it gives a fault. Within it,
//! `conn.transaction(async |conn| { … })` is a savepoint. Three things differ from diesel-async's own, and each is a case in
//! which success would be reported that is not there, or the other way round (h11):
//!
//! - PostgreSQL answers `COMMIT` without an error when an earlier statement had failed and its error was swallowed: it rolls back.
//!   We send `SELECT 1; COMMIT` in one message, and the first of the two fails then.
//! - A connection that is lost during `COMMIT` leaves the outcome open: [`Fault::Unknown`], for the idempotency key to settle.
//! - A future that is dropped in the middle closes its connection, and with it the transaction ([`Conn`]).

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::result::{DatabaseErrorKind, Error, QueryResult};
use diesel_async::{AnsiTransactionManager, SimpleAsyncConnection, TransactionManager};

use super::pool::{self, Conn};
use super::{Connection, Db, prepared};
use crate::kernel::Fault;

type Manager = AnsiTransactionManager;

/// How a transaction is to end that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<R> {
    /// Keep it.
    Commit(R),
    /// It is kept: [`write_and_commit`] has done that.
    Committed(R),
    /// Undo it, and still give the value: `@dryRun`.
    RollBack(R),
}

/// An `async |argument| { … }` closure whose future can be sent between threads. `AsyncFnOnce` alone cannot say that on stable
/// Rust; nobody has to implement or name this.
pub trait Work<A, R>: AsyncFnOnce(A) -> R + FnOnce(A) -> <Self as Work<A, R>>::Running {
    /// The closure's future.
    type Running: Future<Output = R>;
}

impl<F, A, Running, R> Work<A, R> for F
where
    F: AsyncFnOnce(A) -> R + FnOnce(A) -> Running,
    Running: Future<Output = R>,
{
    type Running = Running;
}

impl Db {
    /// Runs `work` in a transaction on a connection of its own, at read committed. `Ok` commits, a fault rolls back.
    ///
    /// # Errors
    /// The fault of `work`; [`Fault::Busy`] without a connection; [`Fault::Unknown`] when the connection was lost during the commit.
    pub async fn transaction<R, E, F>(&self, work: F) -> Result<R, Fault<E>>
    where
        F: for<'c> AsyncFnOnce(&'c mut Connection) -> Result<R, Fault<E>>
            + for<'c> Work<&'c mut Connection, Result<R, Fault<E>>, Running: Send>
            + Send,
        R: Send,
        E: Send,
    {
        let mut conn = self.begin().await?;
        let result = work(&mut conn).await;
        finish(&mut conn, result.map(End::Commit)).await
    }

    /// As [`Db::transaction`], but `work` decides how it ends.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn transaction_ending<R, E, F>(&self, work: F) -> Result<R, Fault<E>>
    where
        F: for<'c> AsyncFnOnce(&'c mut Connection) -> Result<End<R>, Fault<E>>
            + for<'c> Work<&'c mut Connection, Result<End<R>, Fault<E>>, Running: Send>
            + Send,
        R: Send,
        E: Send,
    {
        let mut conn = self.begin().await?;
        let result = work(&mut conn).await;
        finish(&mut conn, result).await
    }

    /// A connection with an open transaction. Nothing has happened yet, so a connection that turns out to be dead is replaced once:
    /// the server may have been restarted since it was last used.
    async fn begin<E>(&self) -> Result<Conn, Fault<E>> {
        let mut conn = self.get().await?;
        match Manager::begin_transaction(&mut *conn).await {
            Ok(()) => return Ok(conn),
            Err(error) if is_lost(&error) => conn.discard(),
            Err(error) => return Err(error.into()),
        }
        let mut conn = self.get().await?;
        Manager::begin_transaction(&mut *conn).await?;
        Ok(conn)
    }
}

async fn finish<R, E>(conn: &mut Connection, result: Result<End<R>, Fault<E>>) -> Result<R, Fault<E>> {
    match result {
        Ok(End::Commit(value)) => {
            let Err(error) = conn.batch_execute("SELECT 1; COMMIT").await else {
                ended(conn);
                return Ok(value);
            };
            Err(not_committed(conn, error, Fault::from).await)
        }
        Ok(End::Committed(value)) => Ok(value),
        Ok(End::RollBack(value)) => {
            roll_back(conn).await;
            Ok(value)
        }
        Err(fault) => {
            // Unless the failed commit has ended it.
            if !matches!(Manager::transaction_manager_status_mut(conn).transaction_depth(), Ok(None)) {
                roll_back(conn).await;
            }
            Err(fault)
        }
    }
}

/// Rolls back. Should that fail, the connection is dead or marked as broken: it is closed, which rolls back as well.
async fn roll_back(conn: &mut Connection) {
    if let Err(error) = Manager::rollback_transaction(conn).await {
        tracing::debug!(%error, "the connection is closed in place of a roll-back");
    }
}

/// What became of the last writes of a transaction and, if it was sent, of its `COMMIT`.
pub struct Closing {
    written: QueryResult<()>,
    committed: Option<QueryResult<()>>,
}

/// Does the last writes of a transaction and commits it, in one round trip where that can be: a lock that the writes take, such
/// as that of a shop's audit chain, then waits for no answer of ours. [`Closing::settle`] says what became of it.
pub fn write_and_commit<'c>(
    conn: &'c Connection,
    writes: &[&dyn QueryFragment<Pg>],
) -> impl Future<Output = Closing> + Send + use<'c> {
    let writing = prepared::write(conn, writes);
    async move {
        let mut writing = pin!(writing);
        let commit = async || SimpleAsyncConnection::batch_execute(&mut &*conn, "COMMIT").await;
        // The first step sends the writes, unless they have to be prepared first: COMMIT would overtake them then.
        let (first, prepares) = poll_fn(|cx| Poll::Ready(pool::prepares(|| writing.as_mut().poll(cx)))).await;
        if first.is_pending() && !prepares {
            // PostgreSQL rolls back at the COMMIT if the writes had failed, and answers it without an error.
            let (written, committed) = tokio::join!(writing, commit());
            return Closing { written, committed: Some(committed) };
        }
        let written = match first {
            Poll::Ready(written) => written,
            Poll::Pending => writing.await,
        };
        let committed = if written.is_ok() { Some(commit().await) } else { None };
        Closing { written, committed }
    }
}

impl Closing {
    /// Says whether everything is kept; `broken` says what an error of the writes means.
    ///
    /// # Errors
    /// The fault of the writes or of the commit, and nothing is kept; [`Fault::Unknown`] when the connection was lost meanwhile.
    pub async fn settle<E>(
        self,
        conn: &mut Connection,
        broken: impl FnOnce(Error) -> Fault<E>,
    ) -> Result<(), Fault<E>> {
        match (self.written, self.committed) {
            (Ok(()), Some(Ok(()))) => {
                ended(conn);
                Ok(())
            }
            (Err(error), None) => Err(broken(error)),
            (Err(error), Some(_)) | (Ok(()), Some(Err(error))) => Err(not_committed(conn, error, broken).await),
            (Ok(()), None) => Err(Fault::internal("a transaction was written and not committed")),
        }
    }
}

/// Whoever still answers has refused the commit. A connection that is gone may have committed before it went. (After a refused
/// commit there is no transaction left, and ROLLBACK only warns.)
async fn not_committed<E>(conn: &mut Connection, error: Error, broken: impl FnOnce(Error) -> Fault<E>) -> Fault<E> {
    if conn.batch_execute("ROLLBACK").await.is_ok() {
        ended(conn);
        return broken(error);
    }
    tracing::warn!(%error, "the connection was lost during a commit; whether it happened is not known");
    Fault::Unknown
}

/// Tells the transaction manager that the outermost transaction is over.
fn ended(conn: &mut Connection) {
    *Manager::transaction_manager_status_mut(conn) = Default::default();
}

/// Whether the server was not there to take the statement.
fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _)
            | Error::BrokenTransactionManager
    )
}
