//! The task that keeps a server's plugins as the folder and the table say.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ops::install::{InstallPlugin, InstallRefusal};
use super::ops::remove::RemovePlugin;
use super::store::{self, Row};
use crate::command::{Caller, Command, Door, Options, Origin};
use crate::kernel::{Fault, Instant};
use crate::permissions::arbiter::Arbiters;
use crate::permissions::{codes, dynamic};
use crate::plugins::registry::Wanted;
use crate::plugins::scan::Change;
use crate::plugins::{Plugins, Refused, Release, Settings};

/// Keeps the plugins of a server.
pub struct Keeper {
    /// They.
    pub plugins: Arc<Plugins>,
    door: Arc<Door>,
    /// The table as it was followed last. Also makes looks come one after the other.
    followed: Mutex<Followed>,
}

#[derive(Default)]
struct Followed {
    rows: Option<Vec<Row>>,
    states: Vec<&'static str>,
    /// When this server looked first, and when it last told which plugins it has.
    since: Option<Instant>,
    told: Option<Instant>,
    /// The look by which a plugin was seen to be removed.
    removed: HashMap<String, u64>,
    /// What changed in the folder and is not in the table yet: a look tells each change once.
    unwritten: Change,
}

/// How often a server tells which plugins it has.
const TELL_EVERY: TimeDelta = TimeDelta::seconds(15);
/// A plugin that no server had for so long is gone: its files went while no server looked (requirement 5.9). As long a server
/// waits after its own start, so that one that is slow to verify loses nothing.
const GONE_AFTER: TimeDelta = TimeDelta::seconds(60);

impl Keeper {
    /// Seats the plugins of a folder beside the door's permission sets. Nothing runs before the first [`look`](Self::look).
    #[must_use]
    pub fn new(door: &Arc<Door>, settings: Settings) -> Arc<Self> {
        let plugins = Plugins::new(settings);
        door.sets.bench.seat(Arc::clone(&plugins) as Arc<dyn Arbiters>);
        Arc::new(Self { plugins, door: Arc::clone(door), followed: Mutex::default() })
    }

    /// Looks at folder and table until it is told to stop. Whoever wakes [`Plugins::wake`] is not kept waiting for the clock.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.plugins.wake.notified() => {}
                () = tokio::time::sleep(self.plugins.settings.poll) => {}
            }
            if let Err(fault) = self.look().await {
                tracing::warn!(?fault, "plugins could not be looked after; trying again");
            }
        }
    }

    /// One look: what appeared in the folder is installed, what is gone is removed, and the release that the table wants is in
    /// use when this returns.
    ///
    /// # Errors
    /// The database's fault. What is in use stays in use.
    pub async fn look(&self) -> Result<(), Fault> {
        let mut followed = self.followed.lock().await;
        let mut rows = self.rows().await?;
        let change = self.plugins.look(self.door.clock.now(), &wanted(&rows)).await;
        let look = change.look;
        followed.note_removed(&rows, look);
        followed.unwritten.add(change);
        let unwritten = &followed.unwritten;
        let wrote = !unwritten.is_nothing() && self.write(&rows, unwritten, &followed.removed).await?;
        followed.unwritten = Change::default();
        if wrote | self.lapse(&mut followed, &rows).await? {
            rows = self.rows().await?;
        }
        followed.note_removed(&rows, look);
        let renumbered = followed.rows.as_ref() != Some(&rows);
        if renumbered {
            let codes = codes::all(&mut *self.door.db.get().await?).await?;
            dynamic::install(&codes);
            // What was compiled before these codes were known is compiled anew.
            self.door.sets.forget();
        }
        if self.plugins.follow(&wanted(&rows), renumbered).await {
            // Kept actors hold the generation that they were made with, and with it its processes.
            self.door.sets.actors.forget_all();
        }
        followed.rows = Some(rows);
        super::metrics::record(&self.plugins);
        let states: Vec<_> = self.plugins.set().running().iter().map(|running| running.figures().state).collect();
        if std::mem::replace(&mut followed.states, states.clone()) != states {
            self.plugins.tell();
        }
        Ok(())
    }

    async fn rows(&self) -> Result<Vec<Row>, Fault> {
        Ok(store::all(&mut *self.door.db.get().await?).await?)
    }

    /// Tells which plugins this server has, and removes those that no server has had for a while; says whether any was.
    async fn lapse(&self, followed: &mut Followed, rows: &[Row]) -> Result<bool, Fault> {
        let now = self.door.clock.now();
        let since = *followed.since.get_or_insert(now);
        if followed.told.is_some_and(|told| (now - told).abs() < TELL_EVERY) {
            return Ok(false);
        }
        let installed: Vec<&Row> = rows.iter().filter(|row| row.is_installed()).collect();
        let used = |row: &Row| self.plugins.release(&row.id, row.release_seq.unsigned_abs());
        let newer = |row: &Row| {
            let newest = self.plugins.releases(&row.id).pop();
            newest.filter(|newest| used(row).is_none() && store::seq(newest.seq()) > row.release_seq)
        };
        let ids = |which: &dyn Fn(&Row) -> bool| -> Vec<String> {
            installed.iter().filter(|row| which(row)).map(|row| row.id.clone()).collect()
        };
        let here = ids(&|row| !self.plugins.releases(&row.id).is_empty());
        // An adviser is not removed by its absence: then what it forbids would be allowed.
        let elsewhere = ids(&|row| !here.contains(&row.id) && row.advises.is_empty());
        let gone = if now - since < GONE_AFTER { Vec::new() } else { elsewhere };
        let (with_release, replaced) = (ids(&|row| used(row).is_some()), ids(&|row| newer(row).is_some()));
        let untold: Vec<Arc<Release>> = installed
            .iter()
            .filter(|row| row.advises.is_empty())
            .filter_map(|row| used(row).filter(|release| !release.advises().is_empty()))
            .collect();
        let mut wrote = false;
        let (gone, replaced) = {
            let mut conn = self.door.db.get().await?;
            store::seen(&mut conn, &here, now).await?;
            store::release_seen(&mut conn, &with_release, now).await?;
            for release in &untold {
                wrote |= store::advises(&mut conn, release).await? > 0;
            }
            let gone = store::unseen(&mut conn, &gone, now - GONE_AFTER).await?;
            (gone, store::release_unseen(&mut conn, &replaced, now - GONE_AFTER).await?)
        };
        followed.told = Some(now);
        for id in gone {
            tracing::warn!(plugin = id, "no server has the files of this plugin: it is removed");
            wrote |= self.execute(RemovePlugin { id, by_operator: false }).await?.is_ok();
        }
        // The file of the release in use was replaced while no server ran it.
        for row in installed.iter().filter(|row| replaced.contains(&row.id)) {
            if let Some(newest) = newer(row) {
                tracing::warn!(
                    plugin = row.id,
                    "no server has the release in use any more: the newer one takes its place"
                );
                wrote |= self.install(&newest, true).await?;
            }
        }
        Ok(wrote)
    }

    /// Puts into the table what changed in the folder; says whether anything did.
    async fn write(&self, rows: &[Row], change: &Change, removed: &HashMap<String, u64>) -> Result<bool, Fault> {
        let row = |id: &str| rows.iter().find(|row| row.id == id);
        let mut wrote = false;
        for gone in &change.vanished {
            if row(gone.id()).is_some_and(Row::is_installed) {
                let command = RemovePlugin { id: gone.id().to_owned(), by_operator: false };
                wrote |= self.execute(command).await?.is_ok();
            }
        }
        let mut ids: Vec<&str> = change.appeared.iter().map(|release| release.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            // The highest that appeared: they come in order.
            let Some(newest) = change.appeared.iter().rfind(|release| release.id() == id) else { continue };
            let since = removed.get(id).copied().unwrap_or(change.look);
            if is_new(row(id), newest, since) {
                wrote |= self.install(newest, false).await?;
            }
        }
        Ok(wrote)
    }

    async fn install(&self, release: &Arc<Release>, replace: bool) -> Result<bool, Fault> {
        let command =
            InstallPlugin { id: release.id().to_owned(), seq: release.seq(), replace, release: Arc::clone(release) };
        match self.execute(command).await? {
            Ok(_) => Ok(true),
            Err(InstallRefusal::Already) => Ok(true),
            Err(InstallRefusal::Codes(why)) => {
                self.plugins.refuse(release, Refused::new(why.code(), why.to_string())).await;
                Ok(false)
            }
        }
    }

    /// Runs a command that nobody asked for but the folder.
    async fn execute<C: Command>(&self, command: C) -> Result<Result<C::Output, C::Refusal>, Fault> {
        let origin = Origin { request_id: Uuid::now_v7(), ip: None, user_agent: Some("kith plugin folder".to_owned()) };
        match self.door.execute(Caller { actor: None, origin }, command, Options::default()).await {
            Ok(outcome) => Ok(Ok(outcome.output)),
            Err(Fault::Refused(refusal)) => Ok(Err(refusal)),
            Err(fault) => Err(crate::graphql::command::blameless(fault)),
        }
    }
}

impl Followed {
    /// Keeps the look by which each plugin was seen to be removed.
    fn note_removed(&mut self, rows: &[Row], look: u64) {
        let gone = |id: &String| rows.iter().any(|row| row.id == *id && !row.is_installed());
        self.removed.retain(|id, _| gone(id));
        for row in rows.iter().filter(|row| !row.is_installed()) {
            self.removed.entry(row.id.clone()).or_insert(look);
        }
    }
}

/// Whether a release that appeared is installed by that. What was removed, by an operator or on another replica, comes back by
/// files that changed after it: not by those that lay there all the time, however often they are found to be good again.
/// `removed`: the look by which the removal was seen; a change seen by the same look is judged by the files' own time.
fn is_new(row: Option<&Row>, release: &Release, removed: u64) -> bool {
    match row {
        None => true,
        Some(row) if row.is_installed() => false,
        Some(row) => match release.found_in_look.cmp(&removed) {
            Ordering::Less => false,
            Ordering::Equal => release.written_at > row.changed_at.timestamp(),
            Ordering::Greater => true,
        },
    }
}

fn wanted(rows: &[Row]) -> Vec<Wanted> {
    rows.iter().map(Row::wanted).collect()
}
