//! One release, started once more for each set of settings that seats have: the plugin's `create` gets the settings, and an
//! instance never learns of another's.
//!
//! Bounded: the one that was used longest ago ends when another is needed. A seat whose settings nobody used for a while waits
//! for a start, some milliseconds, with its next question.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use super::meter::Figures;
use super::native::Runner;
use super::release::{Refused, Release};
use super::settings::Settings;
use crate::permissions::settings::SettingsText;

/// The most instances of an isolated plugin: each is a process.
const MOST_PROCESSES: usize = 16;
/// The most instances of a plugin in process: each is as large as the plugin makes it.
const MOST_IN_PROCESS: usize = 256;
/// After what time settings are tried again that the plugin did not take.
const TRY_AGAIN: Duration = Duration::from_secs(5);

type Started = Arc<OnceCell<Result<Arc<Runner>, Refused>>>;

/// See the module.
pub struct Instances {
    release: Arc<Release>,
    settings: Settings,
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    set: SettingsText,
    used: Instant,
    since: Instant,
    started: Started,
}

impl Instances {
    /// None yet.
    pub fn new(release: Arc<Release>, settings: Settings) -> Self {
        Self { release, settings, kept: Mutex::default() }
    }

    /// The instance of a set of settings, started if it is not. Those who ask at the same time wait for one start.
    ///
    /// # Errors
    /// The plugin does not take them, or does not start.
    pub async fn of(&self, set: &SettingsText) -> Result<Arc<Runner>, Refused> {
        let started = self.place(set);
        let result = started.get_or_init(|| async {
            let (release, settings, set) = (Arc::clone(&self.release), self.settings.clone(), Arc::clone(set));
            let begun = tokio::task::spawn_blocking(move || release.start(&settings, &set)).await;
            match begun {
                Ok(Ok(runner)) => Ok(Arc::new(runner)),
                Ok(Err(refused)) => {
                    tracing::warn!(plugin = self.release.id(), %refused, "an instance does not start");
                    Err(refused)
                }
                Err(error) => Err(Refused::new("START_FAILED", error.to_string())),
            }
        });
        result.await.clone()
    }

    /// The place of a set of settings; makes room for it.
    fn place(&self, set: &SettingsText) -> Started {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |one: &Kept| one.started.get().is_some_and(Result::is_err) && one.since.elapsed() > TRY_AGAIN;
        kept.retain(|one| !failed(one));
        if let Some(one) = kept.iter_mut().find(|one| one.set == *set) {
            one.used = now;
            return Arc::clone(&one.started);
        }
        let most = if self.release.is_isolated() { MOST_PROCESSES } else { MOST_IN_PROCESS };
        if kept.len() >= most
            && let Some(oldest) = kept.iter().enumerate().min_by_key(|(_, one)| one.used).map(|(at, _)| at)
        {
            // Whoever still asks it holds it; the last of them ends it.
            kept.swap_remove(oldest);
        }
        let started = Started::default();
        kept.push(Kept { set: Arc::clone(set), used: now, since: now, started: Arc::clone(&started) });
        started
    }

    fn runners(&self) -> Vec<Arc<Runner>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter_map(|one| one.started.get()?.as_ref().ok().cloned()).collect()
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
