//! [`Plugins`]: the generation in use, what the folder has, what failed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify, watch};

use super::held::Inner;
use super::release::{Refused, Release};
use super::running::Running;
use super::scan::{Change, FileFault};
use super::set::PluginSet;
use super::settings::Settings;
use super::shadow::Shadow;
use super::view::{PluginView, ServiceView};
use crate::kernel::Instant;
use crate::permissions::arbiter::{Arbiter, Arbiters};

/// After what time a release is tried again that did not start.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// How long a release that was started for somebody waits to be used.
const READY: Duration = Duration::from_secs(30);

/// Which release of a plugin is to be in use, as the table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The plugin.
    pub id: String,
    /// The release in use.
    pub seq: u64,
    /// The one before, to go back to.
    pub previous: Option<u64>,
    /// The lowest release that is taken.
    pub high_water: u64,
    /// Whether it is installed at all.
    pub installed: bool,
    /// Kith's permissions that it narrows: denied while it does not run.
    pub advises: Vec<String>,
}

impl Wanted {
    /// The lowest release that is taken: of an installed plugin also the one to go back to, which only an operator's word uses.
    fn least(&self) -> u64 {
        let previous = self.previous.filter(|_| self.installed);
        previous.map_or(self.high_water, |previous| previous.min(self.high_water))
    }
}

/// The plugins of this process.
pub struct Plugins {
    /// How they are found and run.
    pub settings: Settings,
    /// Fires when somebody wants the folder and the table looked at now.
    pub wake: Notify,
    set: ArcSwap<PluginSet>,
    inner: Mutex<Inner>,
    known: ArcSwap<Vec<Arc<Release>>>,
    faults: ArcSwap<Vec<FileFault>>,
    changes: watch::Sender<u64>,
}

impl Plugins {
    /// None yet.
    #[must_use]
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            wake: Notify::new(),
            set: ArcSwap::from_pointee(PluginSet::empty()),
            inner: Mutex::default(),
            known: ArcSwap::default(),
            faults: ArcSwap::default(),
            changes: watch::Sender::new(0),
        })
    }

    /// The generation in use.
    #[must_use]
    pub fn set(&self) -> Arc<PluginSet> {
        self.set.load_full()
    }

    /// Told each time something changed that an operator sees.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Says that something changed.
    pub fn tell(&self) {
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Files that are not taken, and why.
    #[must_use]
    pub fn faults(&self) -> Vec<FileFault> {
        self.faults.load().to_vec()
    }

    /// A release that the folder has, or that was in use.
    #[must_use]
    pub fn release(&self, id: &str, seq: u64) -> Option<Arc<Release>> {
        self.known.load().iter().find(|release| release.id() == id && release.seq() == seq).cloned()
    }

    /// Every release of a plugin that is known here, the lowest first.
    #[must_use]
    pub fn releases(&self, id: &str) -> Vec<Arc<Release>> {
        self.known.load().iter().filter(|release| release.id() == id).cloned().collect()
    }

    /// Every plugin that is known here, by id.
    #[must_use]
    pub fn view(&self) -> Vec<PluginView> {
        let set = self.set();
        let mut ids: Vec<String> = self.known.load().iter().map(|release| release.id().to_owned()).collect();
        ids.extend(set.running().iter().map(|running| running.release.id().to_owned()));
        ids.sort();
        ids.dedup();
        let view = |id: String| PluginView { running: set.get(&id).cloned(), releases: self.releases(&id), id };
        ids.into_iter().map(view).collect()
    }

    /// The services that can be subscribed to, by id.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceView> {
        self.set().running().iter().filter_map(|running| ServiceView::of(running)).collect()
    }

    /// Looks at the folder: what is new is verified and tried out in a child, off the runtime's threads. Nothing that is in use
    /// changes by it.
    pub async fn look(&self, now: Instant, wanted: &[Wanted]) -> Change {
        let mut inner = self.inner.lock().await;
        let mut folder = std::mem::take(&mut inner.folder);
        let settings = self.settings.clone();
        let marks: HashMap<String, u64> = wanted.iter().map(|one| (one.id.clone(), one.least())).collect();
        let looked = tokio::task::spawn_blocking(move || {
            let change = folder.look(&settings, now, |id| marks.get(id).copied().unwrap_or(0));
            (folder, change)
        });
        let change = match looked.await {
            Ok((folder, change)) => {
                inner.folder = folder;
                change
            }
            Err(error) => {
                tracing::error!(%error, "the plugin folder could not be looked at");
                Change::default()
            }
        };
        if let Some(trust) = &change.trust {
            inner.believe_again(&self.settings, &self.set(), trust);
        }
        for release in &change.appeared {
            inner.distrusted.remove(&release.verified.digest);
        }
        inner.distrusted.extend(change.distrusted.iter().map(|release| release.verified.digest));
        self.note(&mut inner);
        change
    }

    /// Starts a release before the table says that it is wanted, so that what runs is not taken down for one that does not. What
    /// is not known here is for the command to say.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn make_ready(&self, id: &str, seq: u64) -> Result<(), Refused> {
        let mut inner = self.inner.lock().await;
        let set = self.set();
        let used = set.get(id);
        let runs = used.is_some_and(|running| running.release.seq() == seq);
        if runs || inner.shadow_of(used, seq).is_some() {
            return Ok(());
        }
        let Some(release) = inner.known(id, seq) else { return Ok(()) };
        // A person asks: however lately it failed.
        inner.failed.remove(&release.verified.digest);
        let running = self.start_release(&mut inner, release).await?;
        inner.ready = Some((Moment::now(), running));
        self.note(&mut inner);
        Ok(())
    }

    /// Remembers why a file is not taken, beyond what the folder shows.
    pub async fn refuse(&self, release: &Release, refused: Refused) {
        let mut inner = self.inner.lock().await;
        tracing::warn!(plugin = release.id(), %refused, "a plugin is not taken");
        inner.refused.insert(release.file.clone(), refused);
        self.note(&mut inner);
    }

    /// Makes the generation in use what the table wants: starts, publishes, and lets what is no longer wanted end with the
    /// operations that still use it. The release that was in use goes on until the one that is wanted runs, unless the operator
    /// trusts it no more. `renumbered`: the catalogue changed. Says whether a generation was published.
    pub async fn follow(&self, wanted: &[Wanted], renumbered: bool) -> bool {
        let mut inner = self.inner.lock().await;
        let now = self.set();
        let (mut next, mut silent) = (Vec::new(), Vec::new());
        for one in wanted.iter().filter(|one| one.installed) {
            let used = now.get(&one.id).filter(|running| inner.trusts(&running.release)).cloned();
            let running = match used.as_ref().is_some_and(|running| running.release.seq() == one.seq) {
                true => used,
                false => match (self.start(&mut inner, now.get(&one.id), one).await, used) {
                    (Some(started), Some(used)) => {
                        started.make_ready_like(&used).await;
                        Some(started)
                    }
                    (started, used) => started.or(used),
                },
            };
            if let Some(running) = &running {
                self.shade(&mut inner, running).await;
            }
            silent.extend(inner.silent(one, running.as_deref()));
            next.extend(running);
        }
        inner.ready.take_if(|(since, _)| since.elapsed() > READY);
        let same = next.len() == now.running().len()
            && next.iter().all(|one| now.running().iter().any(|other| Arc::ptr_eq(one, other)))
            && silent == now.silent();
        if !same || renumbered {
            for running in &next {
                let release = &running.release;
                inner.retained.insert((release.id().to_owned(), release.seq()), Arc::clone(release));
            }
            // To go back to: the one in use and the one before.
            inner.retained.retain(|(id, seq), _| {
                wanted.iter().any(|one| one.id == *id && (one.seq == *seq || one.previous == Some(*seq)))
            });
            inner.generation += 1;
            for one in &silent {
                tracing::warn!(plugin = one.by.plugin, codes = ?one.codes, "denied, since their adviser does not run");
            }
            let set = PluginSet::new(inner.generation, next, silent, self.settings.deadline);
            self.set.store(Arc::new(set));
            tracing::info!(generation = inner.generation, "a generation of plugins is in use");
        }
        self.note(&mut inner);
        !same || renumbered
    }

    /// The release that is wanted, started: the one in the shadow if it is that one, or one that was made ready.
    async fn start(&self, inner: &mut Inner, used: Option<&Arc<Running>>, one: &Wanted) -> Option<Arc<Running>> {
        if let Some(shadow) = inner.shadow_of(used, one.seq) {
            return Some(shadow);
        }
        let is_it = |running: &Running| running.release.id() == one.id && running.release.seq() == one.seq;
        if let Some((_, ready)) = inner.ready.take_if(|(_, ready)| is_it(ready))
            && inner.trusts(&ready.release)
        {
            return Some(ready);
        }
        let release = inner.known(&one.id, one.seq)?;
        self.start_release(inner, release).await.ok()
    }

    async fn start_release(&self, inner: &mut Inner, release: Arc<Release>) -> Result<Arc<Running>, Refused> {
        let key = release.verified.digest;
        if let Some((_, refused)) = inner.failed.get(&key).filter(|(since, _)| since.elapsed() < TRY_AGAIN) {
            return Err(refused.clone());
        }
        let (settings, starting) = (self.settings.clone(), Arc::clone(&release));
        let started = tokio::task::spawn_blocking(move || Running::start(starting, &settings)).await;
        let refused = match started {
            Ok(Ok(running)) => {
                inner.failed.remove(&key);
                inner.refused.remove(&release.file);
                return Ok(Arc::new(running));
            }
            Ok(Err(refused)) => refused,
            Err(error) => Refused::new("START_FAILED", error.to_string()),
        };
        tracing::warn!(plugin = release.id(), %refused, "a plugin does not start");
        inner.refused.insert(release.file.clone(), refused.clone());
        inner.failed.insert(key, (Moment::now(), refused.clone()));
        Err(refused)
    }

    /// Puts the newest release that the folder has behind the one in use, if it is a later one.
    async fn shade(&self, inner: &mut Inner, running: &Arc<Running>) {
        let (releases, _) = inner.folder.holds();
        let used = &running.release;
        let later = releases.into_iter().filter(|r| r.id() == used.id() && r.seq() > used.seq());
        let Some(newest) = later.max_by_key(|release| release.seq()) else {
            running.set_shadow(None);
            return;
        };
        if running.shadow().is_some_and(|shadow| shadow.running.release.verified == newest.verified) {
            return;
        }
        if let Ok(started) = self.start_release(inner, newest).await {
            tracing::info!(plugin = used.id(), release = ?started.release, "a release stands in the shadow");
            running.set_shadow(Some(Arc::new(Shadow::new(started))));
        }
    }

    /// Writes down what others see, and tells them if it is something new.
    fn note(&self, inner: &mut Inner) {
        let (mut releases, mut faults) = inner.folder.holds();
        for kept in inner.retained.values().filter(|kept| inner.trusts(kept)) {
            if releases.iter().all(|release| (release.id(), release.seq()) != (kept.id(), kept.seq())) {
                releases.push(Arc::clone(kept));
            }
        }
        releases.sort_by(|a, b| (a.id(), a.seq()).cmp(&(b.id(), b.seq())));
        let retained = &inner.retained;
        inner.refused.retain(|file, _| releases.iter().chain(retained.values()).any(|release| release.file == *file));
        for (file, refused) in &inner.refused {
            if faults.iter().all(|fault| fault.file != *file) {
                faults.push(FileFault { file: file.clone(), refused: refused.clone() });
            }
        }
        let known = self.known.load();
        let same = known.len() == releases.len() && known.iter().zip(&releases).all(|(a, b)| Arc::ptr_eq(a, b));
        if !same || **self.faults.load() != faults {
            self.known.store(Arc::new(releases));
            self.faults.store(Arc::new(faults));
            self.tell();
        }
    }
}

impl Arbiters for Plugins {
    fn current(&self) -> Arc<dyn Arbiter> {
        self.set.load_full()
    }
}
