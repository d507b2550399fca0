//! A started release: asking it, its figures, and the newer one in its shadow.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::meter::{Figures, Meter};
use super::native::Runner;
use super::release::{Refused, Release};
use super::settings::Settings;
use super::shadow::Shadow;
use crate::permissions::arbiter::{Ask, Word};

/// A started release. The last generation that holds it ends it: an operation that began before a change is answered by what
/// it began with.
pub struct Running {
    /// The release.
    pub release: Arc<Release>,
    runner: Runner,
    meter: Meter,
    shadow: ArcSwapOption<Shadow>,
}

impl Running {
    /// Starts a release. Blocks while a child starts.
    ///
    /// # Errors
    /// Why it does not run.
    pub fn start(release: Arc<Release>, settings: &Settings) -> Result<Self, Refused> {
        let runner = release.start(settings)?;
        Ok(Self { release, runner, meter: Meter::default(), shadow: ArcSwapOption::empty() })
    }

    /// Asks it; in the same order, and always as many words.
    pub async fn ask(&self, asks: &[&Ask], deadline: Duration) -> Vec<Word> {
        let words = self.runner.ask(&self.release, asks, deadline, false).await;
        self.meter.count(&words);
        if let Some(shadow) = &*self.shadow.load() {
            shadow.compare(asks.iter().map(|ask| (*ask).clone()).collect(), words.clone(), deadline);
        }
        words
    }

    /// Asks it for comparison only.
    pub async fn ask_as_shadow(&self, asks: &[&Ask], deadline: Duration) -> Vec<Word> {
        let words = self.runner.ask(&self.release, asks, deadline, true).await;
        self.meter.count(&words);
        words
    }

    /// The newer release in its shadow.
    #[must_use]
    pub fn shadow(&self) -> Option<Arc<Shadow>> {
        self.shadow.load_full()
    }

    /// Puts a newer release into its shadow, or takes it out.
    pub fn set_shadow(&self, shadow: Option<Arc<Shadow>>) {
        self.shadow.store(shadow);
    }

    /// Its figures since it was started.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut figures = self.meter.figures();
        self.runner.add_figures(&mut figures);
        figures
    }

    /// Lets one that is quarantined or broken off start again.
    pub fn let_go_on(&self) {
        self.runner.release();
    }
}
