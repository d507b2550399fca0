//! A started release: asking it, its figures, and the newer one in its shadow.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::join_all;

use super::instances::Instances;
use super::meter::{Figures, Meter};
use super::native::Runner;
use super::release::{Refused, Release};
use super::settings::Settings;
use super::shadow::Shadow;
use crate::kernel::ids::ShopId;
use crate::permissions::Constraints;
use crate::permissions::arbiter::{Ask, Said, Word};
use crate::permissions::settings::SettingsText;

/// A started release. The last generation that holds it ends it: an operation that began before a change is answered by what
/// it began with.
pub struct Running {
    /// The release.
    pub release: Arc<Release>,
    runner: Runner,
    /// The same release for each set of settings that seats have.
    instances: Instances,
    meter: Meter,
    shadow: ArcSwapOption<Shadow>,
}

impl Running {
    /// Starts a release. Blocks while a child starts.
    ///
    /// # Errors
    /// Why it does not run.
    pub fn start(release: Arc<Release>, settings: &Settings) -> Result<Self, Refused> {
        let runner = release.start(settings, "{}")?;
        let instances = Instances::new(Arc::clone(&release), settings.clone());
        Ok(Self { release, runner, instances, meter: Meter::default(), shadow: ArcSwapOption::empty() })
    }

    /// What one in this process says, with its defaults, here and now. Anybody else says nothing, which is a no.
    #[must_use]
    pub fn ask_at_once(&self, ask: &Ask, deadline: Duration) -> Word {
        let word = self.runner.decide(&self.release, ask, false);
        let word = word.filter(|_| ask.settings.is_none());
        let word = word.unwrap_or_else(|| unanswered(&self.release, &Refused::new("NO_ANSWER", "")));
        self.meter.count(std::slice::from_ref(&word));
        if let Some(shadow) = &*self.shadow.load() {
            shadow.compare(vec![ask.clone()], vec![word.clone()], deadline);
        }
        word
    }

    /// Whether it runs in this process.
    #[must_use]
    pub fn is_in_process(&self) -> bool {
        !self.release.is_isolated()
    }

    /// Asks it; in the same order, and always as many words.
    pub async fn ask(&self, asks: &[&Ask], deadline: Duration) -> Vec<Word> {
        let words = self.ask_each(asks, deadline, false).await;
        self.meter.count(&words);
        if let Some(shadow) = &*self.shadow.load() {
            shadow.compare(asks.iter().map(|ask| (*ask).clone()).collect(), words.clone(), deadline);
        }
        words
    }

    /// Asks it for comparison only.
    pub async fn ask_as_shadow(&self, asks: &[&Ask], deadline: Duration) -> Vec<Word> {
        let words = self.ask_each(asks, deadline, true).await;
        self.meter.count(&words);
        words
    }

    /// Asks the instance of each question's settings; those with the same settings go together.
    async fn ask_each(&self, asks: &[&Ask], deadline: Duration, shadow: bool) -> Vec<Word> {
        if asks.iter().all(|ask| ask.settings.is_none()) {
            return self.runner.ask(&self.release, asks, deadline, shadow).await;
        }
        let mut together: Vec<(Option<&SettingsText>, Vec<usize>)> = Vec::new();
        for (at, ask) in asks.iter().enumerate() {
            match together.iter_mut().find(|(settings, _)| *settings == ask.settings.as_ref()) {
                Some((_, places)) => places.push(at),
                None => together.push((ask.settings.as_ref(), vec![at])),
            }
        }
        let answers = together.into_iter().map(|(settings, places)| async move {
            let some: Vec<&Ask> = places.iter().map(|at| asks[*at]).collect();
            let words = match (settings, some.first()) {
                (Some(settings), Some(first)) => match self.instances.of_in_time(first.shop, settings).await {
                    Ok(runner) => runner.ask(&self.release, &some, deadline, shadow).await,
                    Err(why) => some.iter().map(|_| unanswered(&self.release, &why)).collect(),
                },
                _ => self.runner.ask(&self.release, &some, deadline, shadow).await,
            };
            (places, words)
        });
        let mut words: Vec<Option<Word>> = asks.iter().map(|_| None).collect();
        for (places, some) in join_all(answers).await {
            for (at, word) in places.into_iter().zip(some) {
                words[at] = Some(word);
            }
        }
        let missing = Refused::new("NO_ANSWER", "");
        words.into_iter().map(|word| word.unwrap_or_else(|| unanswered(&self.release, &missing))).collect()
    }

    /// Tries settings: whether the plugin makes an instance of them that works. It ends with the trial, and takes no place of
    /// those that answer questions.
    ///
    /// # Errors
    /// Why not.
    pub async fn try_settings(&self, settings: &SettingsText) -> Result<(), Refused> {
        self.instances.try_out(settings).await
    }

    /// Gets ready for what the one before it was asked: an instance for each set of settings that it has.
    pub async fn make_ready_like(&self, before: &Self) {
        self.instances.begin_like(&before.instances).await;
    }

    /// Starts the instance of a shop's settings, in the background.
    pub fn make_ready(&self, shop: ShopId, settings: &SettingsText) {
        // One that failed a short while ago is tried again with the next question.
        let _ = self.instances.begin(shop, settings);
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
        self.instances.add_figures(&mut figures);
        figures
    }

    /// Lets one that is quarantined or broken off start again.
    pub fn let_go_on(&self) {
        self.runner.release();
        self.instances.release();
    }
}

/// No answer, since the instance of the settings does not start.
fn unanswered(release: &Release, why: &Refused) -> Word {
    let why = match why.code.as_str() {
        // The plugin itself refuses what was set.
        "CREATE_FAILED" | "CREATE_NULL" => "settings_refused",
        "STARTING" => "starting",
        _ => "not_running",
    };
    Word {
        by: Arc::clone(&release.by),
        said: Said::Nothing(why),
        reason_code: 0,
        reason: None,
        limits: Constraints::default(),
    }
}
