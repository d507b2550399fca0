//! The task that keeps a server's plugins as the folder and the table say.

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
        let wrote = !change.is_nothing() && self.write(&rows, &change).await?;
        if wrote | self.lapse(&mut followed, &rows).await? {
            rows = self.rows().await?;
        }
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
        let installed = rows.iter().filter(|row| row.is_installed());
        let (here, elsewhere): (Vec<&Row>, Vec<&Row>) =
            installed.partition(|row| !self.plugins.releases(&row.id).is_empty());
        let ids = |rows: &[&Row]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let gone = {
            let mut conn = self.door.db.get().await?;
            store::seen(&mut conn, &ids(&here), now).await?;
            let gone = if now - since < GONE_AFTER { Vec::new() } else { ids(&elsewhere) };
            store::unseen(&mut conn, &gone, now - GONE_AFTER).await?
        };
        followed.told = Some(now);
        let mut wrote = false;
        for id in gone {
            tracing::warn!(plugin = id, "no server has the files of this plugin: it is removed");
            wrote |= self.execute(RemovePlugin { id, by_operator: false }).await?.is_ok();
        }
        Ok(wrote)
    }

    /// Puts into the table what changed in the folder; says whether anything did.
    async fn write(&self, rows: &[Row], change: &Change) -> Result<bool, Fault> {
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
            let Some(replace) = self.replaces(row(id), newest, change.first) else { continue };
            wrote |= self.install(newest, replace).await?;
        }
        Ok(wrote)
    }

    /// Whether a release that appeared is installed by that, and whether in place of another one.
    fn replaces(&self, row: Option<&Row>, release: &Release, first: bool) -> Option<bool> {
        match row {
            None => Some(false),
            // Removed by an operator, or on another replica: a file that lay there all the time brings nothing back.
            Some(row) if !row.is_installed() => {
                let newer = release.written_at > row.changed_at.timestamp();
                (!first || newer).then_some(false)
            }
            Some(row) => {
                let seq = row.release_seq.unsigned_abs();
                let to_be_had = self.plugins.release(release.id(), seq).is_some();
                // The file of the release in use was replaced while nobody was running it.
                (!to_be_had && release.seq() > seq).then_some(true)
            }
        }
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

fn wanted(rows: &[Row]) -> Vec<Wanted> {
    rows.iter().map(Row::wanted).collect()
}
