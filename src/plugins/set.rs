//! One generation of all plugins in use.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all, ready};

use super::running::Running;
use super::view::ServiceView;
use crate::permissions::Number;
use crate::permissions::arbiter::{Arbiter, Ask, Described, Ruling, Said, Word};
use crate::permissions::bits::Bits;
use crate::permissions::catalogue::{self, FIRST_DYNAMIC};
use crate::permissions::settings::SettingsText;

/// One generation. An operation keeps the one that it began with.
pub struct PluginSet {
    generation: u64,
    deadline: Duration,
    running: Vec<Arc<Running>>,
    /// Who decides on a permission, in order: the service whose code it is, or the advisers by their ids.
    deciders: HashMap<Number, Vec<usize>>,
    concerned: Bits,
}

impl PluginSet {
    /// No plugins.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(0, Vec::new(), Duration::ZERO)
    }

    /// A generation of these. Their codes have numbers by now: the catalogue says which.
    #[must_use]
    pub fn new(generation: u64, mut running: Vec<Arc<Running>>, deadline: Duration) -> Self {
        running.sort_by(|a, b| a.release.id().cmp(b.release.id()));
        let mut deciders: HashMap<Number, Vec<usize>> = HashMap::new();
        for (at, one) in running.iter().enumerate() {
            let own = one.release.codes.iter().map(|told| told.code.as_str());
            let advised = one.release.verified.manifest.role.advises.iter().map(String::as_str);
            for entry in own.filter_map(catalogue::by_code).filter(|entry| {
                // A code is decided by the service whose it is, whoever tells it.
                entry.service.as_ref().is_some_and(|service| service.id == one.release.id())
            }) {
                deciders.entry(entry.number).or_default().push(at);
            }
            // Kith's own only: nobody advises on another service's codes.
            for entry in advised.filter_map(catalogue::by_code).filter(|entry| entry.number < FIRST_DYNAMIC) {
                deciders.entry(entry.number).or_default().push(at);
            }
        }
        let concerned = deciders.keys().copied().collect();
        Self { generation, deadline, running, deciders, concerned }
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
        ask.settings.is_none() && deciders.iter().all(|at| self.running[*at].is_in_process())
    }

    /// What plugins in this process say, one after the other until one does not say yes.
    fn words_here(&self, ask: &Ask) -> Vec<Word> {
        let deciders = self.deciders.get(&ask.permission).map_or(&[][..], Vec::as_slice);
        let mut words = Vec::with_capacity(deciders.len());
        for word in deciders.iter().map(|at| self.running[*at].ask_at_once(ask, self.deadline)) {
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
                if let (true, Some(decider)) = (yes_so_far, next) {
                    together.entry(*decider).or_default().push(at);
                }
            }
            if together.is_empty() {
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
}
