//! The only SQL on `plugins`.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::plugins as p;
use crate::kernel::Instant;
use crate::plugins::Release;
use crate::plugins::registry::Wanted;

type Sql<T> = Result<T, diesel::result::Error>;

/// A plugin that is or was installed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = p)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Who publishes it.
    pub publisher: String,
    /// `INSTALLED` or `REMOVED`.
    pub state: String,
    /// The release in use.
    pub release_seq: i64,
    /// Its version.
    pub version: String,
    /// The release before, to go back to.
    pub previous_seq: Option<i64>,
    /// The lowest release that is taken.
    pub high_water: i64,
    /// Kith's permissions that the release in use narrows: denied where it does not run.
    pub advises: Vec<String>,
    /// When any of this changed.
    pub changed_at: Instant,
}

impl Row {
    /// Whether it is installed.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.state == "INSTALLED"
    }

    /// What the registry is to follow.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted {
            id: self.id.clone(),
            seq: self.release_seq.unsigned_abs(),
            previous: self.previous_seq.map(i64::unsigned_abs),
            high_water: self.high_water.unsigned_abs(),
            installed: self.is_installed(),
            advises: self.advises.clone(),
        }
    }
}

/// A release's number as the table holds it.
#[must_use]
pub fn seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// Every plugin that was ever installed, by id.
///
/// # Errors
/// The database's fault.
pub async fn all(conn: &mut AsyncPgConnection) -> Sql<Vec<Row>> {
    p::table.order(p::id).select(Row::as_select()).load(conn).await
}

/// A plugin, locked.
///
/// # Errors
/// The database's fault.
pub async fn lock(conn: &mut AsyncPgConnection, id: &str) -> Sql<Option<Row>> {
    p::table.find(id).select(Row::as_select()).for_update().first(conn).await.optional()
}

/// Installs a release: the one in use from now on. Nothing is there to go back to.
///
/// # Errors
/// The database's fault.
pub async fn install(conn: &mut AsyncPgConnection, release: &Release, now: Instant) -> Sql<usize> {
    let at = seq(release.seq());
    let values = (
        p::publisher.eq(&release.verified.manifest.publisher),
        p::state.eq("INSTALLED"),
        p::release_seq.eq(at),
        p::version.eq(release.version()),
        p::previous_seq.eq(None::<i64>),
        p::high_water.eq(at),
        p::advises.eq(release.advises()),
        p::changed_at.eq(now),
        p::seen_at.eq(now),
        p::release_seen_at.eq(now),
    );
    diesel::insert_into(p::table)
        .values((p::id.eq(release.id()), values))
        .on_conflict(p::id)
        .do_update()
        .set(values)
        .execute(conn)
        .await
}

/// Changes the release in use, and says which one to go back to.
///
/// # Errors
/// The database's fault.
pub async fn use_release(
    conn: &mut AsyncPgConnection,
    release: &Release,
    previous: Option<i64>,
    now: Instant,
) -> Sql<usize> {
    let at = seq(release.seq());
    diesel::update(p::table.find(release.id()))
        .set((
            p::release_seq.eq(at),
            p::version.eq(release.version()),
            p::previous_seq.eq(previous),
            p::high_water.eq(at),
            p::advises.eq(release.advises()),
            p::changed_at.eq(now),
            p::release_seen_at.eq(now),
        ))
        .execute(conn)
        .await
}

/// Removes a plugin; what is known of it stays.
///
/// # Errors
/// The database's fault.
pub async fn remove(conn: &mut AsyncPgConnection, id: &str, now: Instant) -> Sql<usize> {
    diesel::update(p::table.find(id)).set((p::state.eq("REMOVED"), p::changed_at.eq(now))).execute(conn).await
}

/// Writes down that a server has these plugins.
///
/// # Errors
/// The database's fault.
pub async fn seen(conn: &mut AsyncPgConnection, ids: &[String], now: Instant) -> Sql<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::update(p::table.filter(p::id.eq_any(ids))).set(p::seen_at.eq(now)).execute(conn).await
}

/// Which of these plugins no server had since `before`.
///
/// # Errors
/// The database's fault.
pub async fn unseen(conn: &mut AsyncPgConnection, ids: &[String], before: Instant) -> Sql<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    p::table.filter(p::id.eq_any(ids).and(p::seen_at.lt(before))).order(p::id).select(p::id).load(conn).await
}

/// Writes down that a server has the releases in use of these plugins.
///
/// # Errors
/// The database's fault.
pub async fn release_seen(conn: &mut AsyncPgConnection, ids: &[String], now: Instant) -> Sql<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    diesel::update(p::table.filter(p::id.eq_any(ids))).set(p::release_seen_at.eq(now)).execute(conn).await
}

/// Of which of these plugins no server had the release in use since `before`.
///
/// # Errors
/// The database's fault.
pub async fn release_unseen(conn: &mut AsyncPgConnection, ids: &[String], before: Instant) -> Sql<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    p::table.filter(p::id.eq_any(ids).and(p::release_seen_at.lt(before))).order(p::id).select(p::id).load(conn).await
}

/// Fills in what a release in use advises, of a plugin that was installed before that was kept.
///
/// # Errors
/// The database's fault.
pub async fn advises(conn: &mut AsyncPgConnection, release: &Release) -> Sql<usize> {
    let used = p::table.filter(p::id.eq(release.id()).and(p::release_seq.eq(seq(release.seq()))));
    let unknown = used.filter(p::advises.eq(Vec::<String>::new()));
    diesel::update(unknown).set(p::advises.eq(release.advises())).execute(conn).await
}
