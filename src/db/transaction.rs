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

use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AnsiTransactionManager, SimpleAsyncConnection as _, TransactionManager};

use super::pool::Conn;
use super::{Connection, Db};
use crate::kernel::Fault;

type Manager = AnsiTransactionManager;

/// How a transaction is to end that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<R> {
    /// Keep it.
    Commit(R),
    /// Keep it. The last statement was waited for and succeeded, so that none before it had failed: COMMIT needs no probe.
    CommitChecked(R),
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
        Ok(End::Commit(value)) => commit(conn, "SELECT 1; COMMIT").await.map(|()| value),
        Ok(End::CommitChecked(value)) => commit(conn, "COMMIT").await.map(|()| value),
        Ok(End::RollBack(value)) => {
            roll_back(conn).await;
            Ok(value)
        }
        Err(fault) => {
            roll_back(conn).await;
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

async fn commit<E>(conn: &mut Connection, how: &str) -> Result<(), Fault<E>> {
    let Err(error) = conn.batch_execute(how).await else {
        ended(conn);
        return Ok(());
    };
    // Whoever still answers has refused the commit. A connection that is gone may have committed before it went. (After a refused
    // commit there is no transaction left, and ROLLBACK only warns.)
    if conn.batch_execute("ROLLBACK").await.is_ok() {
        ended(conn);
        return Err(error.into());
    }
    tracing::warn!(%error, "the connection was lost during a commit; whether it happened is not known");
    Err(Fault::Unknown)
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
