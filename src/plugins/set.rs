//! One generation of all plugins in use.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all, ready};

use super::running::Running;
use super::view::ServiceView;
use crate::kernel::ids::ShopId;
use crate::permissions::arbiter::{Arbiter, Ask, Described, Ruling, Said, Speaker, Word};
use crate::permissions::bits::Bits;
use crate::permissions::catalogue::{self, FIRST_DYNAMIC};
use crate::permissions::settings::SettingsText;
use crate::permissions::{Constraints, Number};

/// An installed plugin that does not run here, with what it would have a word on: a code of Kith's that it advises on is denied
/// until it answers, or an operator removes it (contract, "Fail closed").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// It.
    pub by: Arc<Speaker>,
    /// The codes that nobody answers for.
    pub codes: Vec<String>,
}

impl Silent {
    fn word(&self) -> Word {
        Word {
            by: Arc::clone(&self.by),
            said: Said::Nothing("not_running"),
            reason_code: 0,
            reason: None,
            limits: Constraints::default(),
        }
    }
}

/// Who decides.
#[derive(Debug, Clone, Copy)]
enum Decider {
    /// One that runs, by its place.
    Runs(usize),
    /// One that does not.
    Silent(usize),
}

/// One generation. An operation keeps the one that it began with.
pub struct PluginSet {
    generation: u64,
    deadline: Duration,
    running: Vec<Arc<Running>>,
    silent: Vec<Silent>,
    /// Who decides on a permission, in order: the service whose code it is, or the advisers by their ids.
    deciders: HashMap<Number, Vec<Decider>>,
    concerned: Bits,
}

impl PluginSet {
    /// No plugins.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(0, Vec::new(), Vec::new(), Duration::ZERO)
    }

    /// A generation of these. Their codes have numbers by now: the catalogue says which.
    #[must_use]
    pub fn new(generation: u64, mut running: Vec<Arc<Running>>, silent: Vec<Silent>, deadline: Duration) -> Self {
        running.sort_by(|a, b| a.release.id().cmp(b.release.id()));
        let mut deciders: HashMap<Number, Vec<Decider>> = HashMap::new();
        let mut all: Vec<(&str, Number, Decider)> = Vec::new();
        for (at, one) in running.iter().enumerate() {
            let own = one.release.codes.iter().map(|told| told.code.as_str());
            for entry in own.filter_map(catalogue::by_code).filter(|entry| {
                // A code is decided by the service whose it is, whoever tells it.
                entry.service.as_ref().is_some_and(|service| service.id == one.release.id())
            }) {
                all.push((one.release.id(), entry.number, Decider::Runs(at)));
            }
            let advises = core(one.release.advises());
            all.extend(advises.map(|number| (one.release.id(), number, Decider::Runs(at))));
        }
        for (at, one) in silent.iter().enumerate() {
            all.extend(core(&one.codes).map(|number| (one.by.plugin.as_str(), number, Decider::Silent(at))));
        }
        all.sort_by_key(|(id, ..)| *id);
        for (_, number, decider) in all {
            deciders.entry(number).or_default().push(decider);
        }
        let concerned = deciders.keys().copied().collect();
        Self { generation, deadline, running, silent, deciders, concerned }
    }

    /// The installed plugins that do not run here and have codes of Kith's to answer for.
    #[must_use]
    pub fn silent(&self) -> &[Silent] {
        &self.silent
    }

    /// The plugins in use, by id.
    #[must_use]
    pub fn running(&self) -> &[Arc<Running>] {
        &self.running
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Running>> {
        self.running.iter().find(|one| one.release.id() == id)
    }

    /// Whether nobody else than plugins in this process has a word on a question, with their defaults.
    fn is_answered_here(&self, ask: &Ask) -> bool {
        let deciders = self.deciders.get(&ask.permission).map_or(&[][..], Vec::as_slice);
        ask.settings.is_none()
            && deciders.iter().all(|one| match one {
                Decider::Runs(at) => self.running[*at].is_in_process(),
                Decider::Silent(_) => true,
            })
    }

    /// What plugins in this process say, one after the other until one does not say yes.
    fn words_here(&self, ask: &Ask) -> Vec<Word> {
        let deciders = self.deciders.get(&ask.permission).map_or(&[][..], Vec::as_slice);
        let mut words = Vec::with_capacity(deciders.len());
        for decider in deciders {
            let word = match decider {
                Decider::Runs(at) => self.running[*at].ask_at_once(ask, self.deadline),
                Decider::Silent(at) => self.silent[*at].word(),
            };
            let is_yes = word.said == Said::Allow;
            words.push(word);
            if !is_yes {
                break;
            }
        }
        words
    }

    async fn rule_all(&self, asks: Vec<Ask>) -> Vec<Ruling> {
        let mut said: Vec<Vec<Word>> = asks.iter().map(|_| Vec::new()).collect();
        // The first of each question's deciders, then the second of those that still have a yes, and so on; those that ask the
        // same plugin go together in one frame.
        for round in 0.. {
            let mut together: HashMap<usize, Vec<usize>> = HashMap::new();
            for (at, ask) in asks.iter().enumerate() {
                let yes_so_far = said[at].last().is_none_or(|word| word.said == Said::Allow);
                let next = self.deciders.get(&ask.permission).and_then(|deciders| deciders.get(round));
                match next.filter(|_| yes_so_far) {
                    Some(Decider::Runs(decider)) => together.entry(*decider).or_default().push(at),
                    // It is a no, so nobody else is asked.
                    Some(Decider::Silent(one)) => said[at].push(self.silent[*one].word()),
                    None => {}
                }
            }
            if together.is_empty() {
                // Whoever got a word in this round got a no.
                break;
            }
            let asks = &asks;
            let answers = together.into_iter().map(|(decider, which)| async move {
                let questions: Vec<&Ask> = which.iter().map(|at| &asks[*at]).collect();
                let words = self.running[decider].ask(&questions, self.deadline).await;
                (which, words)
            });
            for (which, words) in join_all(answers).await {
                for (at, word) in which.into_iter().zip(words) {
                    said[at].push(word);
                }
            }
        }
        asks.into_iter().zip(said).map(|(ask, words)| self.ruling(ask, words)).collect()
    }

    /// Without a word, a service's code has no service that answers; on one of Kith's own nobody had anything to say.
    fn ruling(&self, ask: Ask, words: Vec<Word>) -> Ruling {
        if words.is_empty() && ask.permission >= FIRST_DYNAMIC {
            let service = catalogue::by_number(ask.permission).and_then(|entry| entry.service.as_ref());
            let root = service.and_then(|service| {
                let is_root = |of: &catalogue::Service| of.id == service.id && of.parent.is_none();
                let page = catalogue::page();
                let root = page.into_iter().find(|entry| entry.service.as_ref().is_some_and(is_root))?;
                Some((service.id, "", root.title.clone()))
            });
            return Ruling::unavailable(ask, self.generation, root, "not_running");
        }
        Ruling { ask, generation: self.generation, words }
    }
}

impl Arbiter for PluginSet {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn concerns(&self, number: Number) -> bool {
        self.concerned.has(number)
    }

    fn rule(self: Arc<Self>, asks: Vec<Ask>) -> BoxFuture<'static, Vec<Ruling>> {
        if asks.iter().all(|ask| self.is_answered_here(ask)) {
            // Nothing to wait for.
            let here = |ask: Ask| {
                let words = self.words_here(&ask);
                self.ruling(ask, words)
            };
            let rulings: Vec<Ruling> = asks.into_iter().map(here).collect();
            return ready(rulings).boxed();
        }
        async move { self.rule_all(asks).await }.boxed()
    }

    fn services(&self) -> Vec<Described> {
        self.running.iter().filter_map(|running| ServiceView::of(running)).map(ServiceView::described).collect()
    }

    fn try_settings(
        self: Arc<Self>,
        service: String,
        settings: SettingsText,
    ) -> BoxFuture<'static, Option<Result<(), String>>> {
        async move { Some(self.get(&service)?.try_settings(&settings).await.map_err(|refused| refused.code)) }.boxed()
    }

    fn make_ready(&self, service: &str, shop: ShopId, settings: &SettingsText) {
        if let Some(running) = self.get(service) {
            running.make_ready(shop, settings);
        }
    }
}

/// The numbers of Kith's own codes among these: nobody advises on another service's.
fn core(codes: &[String]) -> impl Iterator<Item = Number> {
    let entries = codes.iter().filter_map(|code| catalogue::by_code(code));
    entries.map(|entry| entry.number).filter(|number| *number < FIRST_DYNAMIC)
}
