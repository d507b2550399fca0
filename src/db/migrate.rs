//! Migrations: the steps of `migrations/`, embedded in the binary.
//!
//! Each step runs in a transaction together with the note that it ran, under a lock that keeps other processes out. So a process
//! that is killed in the middle leaves a whole number of steps behind, and the next start goes on from there (h15). A database with
//! steps that this binary does not know was migrated by a later one: it is refused, because its rows may mean something else.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel_async::SimpleAsyncConnection as _;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::pool::{Conn, describe};
use super::{Connection, Db};
use crate::db::RunQueryDsl;
use crate::kernel::Fault;

/// The migrations of this binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The advisory lock that migrating holds: "kith" in ASCII.
const LOCK: i64 = 0x6b69_7468;
/// How long to wait for another process that is migrating.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a database has, and what it lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Steps that ran, oldest first.
    pub applied: Vec<String>,
    /// Steps of this binary that did not run yet, oldest first.
    pub pending: Vec<String>,
    /// Steps that this binary does not know: a later one ran them.
    pub unknown: Vec<String>,
}

impl Status {
    /// Whether this binary can work on the database as it is.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty()
    }
}

/// Why a database was not migrated. Every text is one line.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A later binary was here.
    #[error(
        "the database was migrated by a later version of Kith (unknown steps: {}); run that version, or revert the steps with it",
        .0.join(", ")
    )]
    Newer(Vec<String>),
    /// A step that says that it does not run in a transaction, and so could be cut in half.
    #[error("migration {0} does not run in a transaction, which Kith refuses: it could be interrupted half-way")]
    NotTransactional(String),
    /// Nothing ran that could be taken back.
    #[error("no migration has been applied, so there is none to revert")]
    NothingToRevert,
    /// Another process holds the lock.
    #[error("another process has been migrating this database for {} s; try again when it is done", PATIENCE.as_secs())]
    Locked,
    /// A step failed. It was rolled back; those before it stand.
    #[error("migration {step} failed and was rolled back: {reason}")]
    Step {
        /// The step.
        step: String,
        /// What the server said.
        reason: String,
    },
    /// The database could not be asked.
    #[error("the database could not be migrated: {0}")]
    Database(String),
}

impl<E: std::fmt::Debug> From<Fault<E>> for MigrateError {
    fn from(fault: Fault<E>) -> Self {
        Self::Database(match fault {
            Fault::Busy { .. } => "it does not answer".to_owned(),
            Fault::Internal(error) => describe(&*error),
            other => format!("{other:?}"),
        })
    }
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(describe(&error))
    }
}

/// What the database has and lacks. Changes nothing.
///
/// # Errors
/// [`MigrateError::Database`].
pub async fn status(db: &Db) -> Result<Status, MigrateError> {
    status_of(db, &MIGRATIONS).await
}

/// Runs every pending step and gives the names of those that ran.
///
/// # Errors
/// [`MigrateError`]; what ran before the fault stands.
pub async fn run(db: &Db) -> Result<Vec<String>, MigrateError> {
    run_all(db, MIGRATIONS).await
}

/// Takes the latest step back and gives its name.
///
/// # Errors
/// [`MigrateError`].
pub async fn revert(db: &Db) -> Result<String, MigrateError> {
    revert_latest(db, MIGRATIONS).await
}

/// As [`status`], of other migrations than this binary's.
///
/// # Errors
/// As [`status`].
pub async fn status_of(db: &Db, source: &(impl MigrationSource<Pg> + Sync)) -> Result<Status, MigrateError> {
    let known = versions(source)?;
    compare(&mut *db.get::<Infallible>().await?, known).await
}

/// As [`run`], of other migrations than this binary's.
///
/// # Errors
/// As [`run`].
pub async fn run_all(db: &Db, source: impl MigrationSource<Pg> + Send + 'static) -> Result<Vec<String>, MigrateError> {
    let known = versions(&source)?;
    let mut conn = lock(db).await?;
    let status = compare(&mut conn, known).await?;
    if !status.unknown.is_empty() {
        return Err(MigrateError::Newer(status.unknown));
    }
    let wanted = status.pending.clone();
    // Which step takes long is news where there is data; on an empty database the steps are many and quick.
    let fresh = status.applied.is_empty();
    let conn = blocking(conn, source, wanted, move |harness, step| {
        if fresh {
            tracing::debug!(step = %step.name(), "migrating");
        } else {
            tracing::info!(step = %step.name(), "migrating");
        }
        harness.run_migration(step)
    });
    unlock(db, conn.await?).await?;
    Ok(status.pending)
}

/// As [`revert`], of other migrations than this binary's.
///
/// # Errors
/// As [`revert`].
pub async fn revert_latest(db: &Db, source: impl MigrationSource<Pg> + Send + 'static) -> Result<String, MigrateError> {
    let known = versions(&source)?;
    let mut conn = lock(db).await?;
    let status = compare(&mut conn, known).await?;
    if !status.unknown.is_empty() {
        return Err(MigrateError::Newer(status.unknown));
    }
    let latest = status.applied.last().cloned().ok_or(MigrateError::NothingToRevert)?;
    let conn = blocking(conn, source, vec![latest.clone()], |harness, step| {
        tracing::info!(step = %step.name(), "reverting");
        harness.revert_migration(step)
    });
    unlock(db, conn.await?).await?;
    Ok(latest)
}

type Step = dyn Migration<Pg>;
type Harness = AsyncConnectionWrapper<Conn>;

fn version(step: &Step) -> String {
    step.name().version().to_string()
}

/// The steps in their order, all of which must run in a transaction.
fn steps(source: &impl MigrationSource<Pg>) -> Result<Vec<Box<Step>>, MigrateError> {
    let mut steps = source.migrations().map_err(|error| MigrateError::Database(describe(&*error)))?;
    steps.sort_by_key(|step| version(&**step));
    match steps.iter().find(|step| !step.metadata().run_in_transaction()) {
        Some(step) => Err(MigrateError::NotTransactional(step.name().to_string())),
        None => Ok(steps),
    }
}

fn versions(source: &impl MigrationSource<Pg>) -> Result<BTreeSet<String>, MigrateError> {
    Ok(steps(source)?.iter().map(|step| version(&**step)).collect())
}

async fn compare(conn: &mut Connection, known: BTreeSet<String>) -> Result<Status, MigrateError> {
    let exists = diesel::dsl::sql::<Bool>("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL");
    let applied: Vec<String> = if exists.get_result(conn).await? {
        let versions =
            diesel::dsl::sql::<Text>("SELECT version::text FROM __diesel_schema_migrations ORDER BY version");
        versions.get_results(conn).await?
    } else {
        Vec::new()
    };
    let unknown = applied.iter().filter(|version| !known.contains(*version)).cloned().collect();
    let pending = known.into_iter().filter(|version| !applied.contains(version)).collect();
    Ok(Status { applied, pending, unknown })
}

/// A connection that holds the lock and lets a step take its time. Until [`unlock`], dropping it closes it, and the lock with it.
async fn lock(db: &Db) -> Result<Conn, MigrateError> {
    let mut conn = db.get::<Infallible>().await?;
    conn.taint(true);
    let patience = PATIENCE.as_millis();
    let sql = format!(
        "SET statement_timeout = 0; SET lock_timeout = {patience}; SET enable_seqscan = on; SELECT pg_advisory_lock({LOCK})"
    );
    match conn.batch_execute(&sql).await {
        Ok(()) => Ok(conn),
        Err(error) if error.to_string().contains("lock timeout") => Err(MigrateError::Locked),
        Err(error) => Err(error.into()),
    }
}

/// Gives the connection back as it was.
async fn unlock(db: &Db, mut conn: Conn) -> Result<(), MigrateError> {
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK}); {}", db.pool.session())).await?;
    conn.taint(false);
    Ok(())
}

/// Does `work` with each of the wanted steps, on the synchronous face of the connection, which Diesel's migrations want.
async fn blocking<S, F>(conn: Conn, source: S, wanted: Vec<String>, work: F) -> Result<Conn, MigrateError>
where
    S: MigrationSource<Pg> + Send + 'static,
    F: Fn(&mut Harness, &Step) -> diesel::migration::Result<MigrationVersion<'static>> + Send + 'static,
{
    let result = tokio::task::spawn_blocking(move || {
        let mut harness = Harness::from(conn);
        // Makes the table of the steps that ran.
        harness.applied_migrations().map_err(|error| MigrateError::Database(describe(&*error)))?;
        for step in steps(&source)?.iter().filter(|step| wanted.contains(&version(&***step))) {
            work(&mut harness, &**step)
                .map_err(|error| MigrateError::Step { step: step.name().to_string(), reason: describe(&*error) })?;
        }
        Ok(harness.into_inner())
    });
    result.await.map_err(|error| MigrateError::Database(error.to_string()))?
}
