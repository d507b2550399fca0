//! One release, started once more for each set of settings that seats have: the plugin's `create` gets the settings, and an
//! instance never learns of another's.
//!
//! Bounded: when there is no room, the one that was used longest ago ends; of a shop that has more than its share, one of its
//! own, so that no shop ends everybody else's. A seat whose settings nobody used for a while waits for a start, some milliseconds
//! and no longer than the hard deadline, with its next question. A release that takes the place of another starts what that one had.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::meter::Figures;
use super::native::Runner;
use super::release::{Refused, Release};
use super::settings::Settings;
use crate::kernel::ids::ShopId;
use crate::permissions::settings::SettingsText;

/// The most instances of an isolated plugin: each is a process.
const MOST_PROCESSES: usize = 16;
/// The most instances of a plugin in process: each is as large as the plugin makes it.
const MOST_IN_PROCESS: usize = 256;
/// The part of all places from which on a shop makes room for itself: a quarter.
const SHARE: usize = 4;
/// After what time settings are tried again that the plugin did not take.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// The most refusals that are remembered for so long.
const MOST_FAILED: usize = 256;
/// The most trials at once.
const TRIALS: usize = 2;

type Started = Result<Arc<Runner>, Refused>;

/// See the module.
pub struct Instances {
    release: Arc<Release>,
    settings: Settings,
    places: Arc<Mutex<Places>>,
    trials: Semaphore,
}

#[derive(Default)]
struct Places {
    kept: Vec<Kept>,
    /// What did not start: it keeps no place.
    failed: Vec<(SettingsText, Instant, Refused)>,
}

struct Kept {
    set: SettingsText,
    /// The shop that asked last.
    shop: ShopId,
    used: Instant,
    started: watch::Receiver<Option<Started>>,
}

fn lock(places: &Mutex<Places>) -> MutexGuard<'_, Places> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Instances {
    /// None yet.
    pub fn new(release: Arc<Release>, settings: Settings) -> Self {
        Self { release, settings, places: Arc::default(), trials: Semaphore::new(TRIALS) }
    }

    /// The instance of a set of settings, started if it is not. Those who ask at the same time wait for one start; it goes on
    /// when nobody waits any more.
    ///
    /// # Errors
    /// The plugin does not take them, or does not start.
    pub async fn of(&self, shop: ShopId, set: &SettingsText) -> Started {
        let mut started = self.begin(shop, set)?;
        let gone = || Refused::new("START_FAILED", "the start was given up");
        let found = started.wait_for(Option::is_some).await.map_err(|_| gone())?;
        found.clone().unwrap_or_else(|| Err(gone()))
    }

    /// The same, for a question: it waits for a start no longer than the hard deadline. The start goes on, and the next question
    /// finds it.
    ///
    /// # Errors
    /// As [`of`](Self::of); it is not ready yet.
    pub async fn of_in_time(&self, shop: ShopId, set: &SettingsText) -> Started {
        let found = timeout(self.settings.hard_deadline, self.of(shop, set)).await;
        found.unwrap_or_else(|_| Err(Refused::new("STARTING", "")))
    }

    /// Starts what another release has, and waits until it is there: who is asked by the new one from now on is not kept waiting.
    pub async fn begin_like(&self, other: &Self) {
        let sets: Vec<_> = lock(&other.places).kept.iter().map(|one| (one.shop, Arc::clone(&one.set))).collect();
        let starts = sets.iter().map(|(shop, set)| self.of(*shop, set));
        // One that does not start is the plugin's affair: its questions are denied.
        let _ = timeout(self.settings.start_limit, join_all(starts)).await;
    }

    /// The start of a set of settings, begun if it was not.
    ///
    /// # Errors
    /// It failed a short while ago.
    pub fn begin(&self, shop: ShopId, set: &SettingsText) -> Result<watch::Receiver<Option<Started>>, Refused> {
        let now = Instant::now();
        let mut places = lock(&self.places);
        places.failed.retain(|(_, since, _)| now - *since < TRY_AGAIN);
        if let Some((.., refused)) = places.failed.iter().find(|(failed, ..)| failed == set) {
            return Err(refused.clone());
        }
        if let Some(one) = places.kept.iter_mut().find(|one| one.set == *set) {
            (one.used, one.shop) = (now, shop);
            return Ok(one.started.clone());
        }
        let most = if self.release.is_isolated() { MOST_PROCESSES } else { MOST_IN_PROCESS };
        places.make_room(most, shop);
        let (told, started) = watch::channel(None);
        places.kept.push(Kept { set: Arc::clone(set), shop, used: now, started: started.clone() });
        drop(places);
        let (release, settings, set) = (Arc::clone(&self.release), self.settings.clone(), Arc::clone(set));
        let places = Arc::clone(&self.places);
        tokio::spawn(async move {
            let result = start(&release, &settings, &set).await;
            if let Err(refused) = &result {
                tracing::warn!(plugin = release.id(), %refused, "an instance does not start");
                let mut places = lock(&places);
                places.kept.retain(|one| one.set != set);
                if places.failed.len() < MOST_FAILED {
                    places.failed.push((set, Instant::now(), refused.clone()));
                }
            }
            let _ = told.send(Some(result));
        });
        Ok(started)
    }

    /// Tries a set of settings in an instance that is thrown away.
    ///
    /// # Errors
    /// The plugin does not take them, or does not start.
    pub async fn try_out(&self, set: &SettingsText) -> Result<(), Refused> {
        let trial = self.trials.acquire().await;
        let started = start(&self.release, &self.settings, set).await;
        drop(trial);
        started.map(|_| ())
    }

    fn runners(&self) -> Vec<Arc<Runner>> {
        let places = lock(&self.places);
        places.kept.iter().filter_map(|one| one.started.borrow().as_ref()?.as_ref().ok().cloned()).collect()
    }

    /// Adds what the host counted of all of them to the figures of the first instance.
    pub fn add_figures(&self, figures: &mut Figures) {
        for runner in self.runners() {
            let mut own = Figures::default();
            runner.add_figures(&mut own);
            figures.crashes += own.crashes;
            figures.kills += own.kills;
            figures.restarts += own.restarts;
            figures.timeouts += own.timeouts;
            figures.p99 = figures.p99.max(own.p99);
            if figures.last_failure.is_empty() {
                figures.last_failure = own.last_failure;
            }
        }
    }

    /// Lets those that are quarantined or broken off start again.
    pub fn release(&self) {
        self.runners().iter().for_each(|runner| runner.release());
    }
}

impl Places {
    /// Makes room for one more. Whoever still asks what goes holds it; the last of them ends it.
    fn make_room(&mut self, most: usize, shop: ShopId) {
        if self.kept.len() < most {
            return;
        }
        let own = self.kept.iter().filter(|one| one.shop == shop).count();
        let may_go = |one: &Kept| own < most / SHARE || one.shop == shop;
        let all = self.kept.iter().enumerate().filter(|(_, one)| may_go(one));
        if let Some(oldest) = all.min_by_key(|(_, one)| one.used).map(|(at, _)| at) {
            self.kept.swap_remove(oldest);
        }
    }
}

/// Starts an instance, on a thread that may wait.
async fn start(release: &Arc<Release>, settings: &Settings, set: &SettingsText) -> Started {
    let (release, settings, set) = (Arc::clone(release), settings.clone(), Arc::clone(set));
    let begun = tokio::task::spawn_blocking(move || release.start(&settings, &set)).await;
    begun.map_err(|error| Refused::new("START_FAILED", error.to_string()))?.map(Arc::new)
}
