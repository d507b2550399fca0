//! A newer release beside the one in use: it decides too, off the way of whoever asked, and what it decides otherwise is
//! listed. Bounded: what is too much is left out and counted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::running::Running;
use crate::kernel::Instant;
use crate::permissions::arbiter::{Ask, Word};

/// The most disagreements that are kept: the last ones.
const MOST_KEPT: usize = 100;
/// The most questions that are compared at once.
const MOST_AT_ONCE: usize = 32;

/// The newer release, and what it would have said.
pub struct Shadow {
    /// It.
    pub running: Arc<Running>,
    compared: AtomicU64,
    disagreed: AtomicU64,
    skipped: AtomicU64,
    kept: Mutex<VecDeque<Disagreement>>,
    at_once: Arc<Semaphore>,
}

/// A question that the two answered differently.
#[derive(Debug, Clone)]
pub struct Disagreement {
    /// The question: permission, shop and amount are shown, the facts are not.
    pub ask: Ask,
    /// When.
    pub at: Instant,
    /// What the one in use said.
    pub used: Word,
    /// What the newer one said.
    pub shadow: Word,
}

/// How much was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Questions that both answered.
    pub compared: u64,
    /// Questions that they answered differently.
    pub disagreed: u64,
    /// Questions that were not compared, since too much was under way.
    pub skipped: u64,
}

impl Shadow {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(running: Arc<Running>) -> Self {
        Self {
            running,
            compared: AtomicU64::new(0),
            disagreed: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            kept: Mutex::default(),
            at_once: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        }
    }

    /// Asks the newer one the same, in a task of its own, and notes where it disagrees.
    pub fn compare(self: &Arc<Self>, asks: Vec<Ask>, used: Vec<Word>, deadline: Duration) {
        let Ok(permit) = Arc::clone(&self.at_once).try_acquire_owned() else {
            self.skipped.fetch_add(u64::try_from(asks.len()).unwrap_or(0), Ordering::Relaxed);
            return;
        };
        let shadow = Arc::clone(self);
        tokio::spawn(async move {
            let _permit = permit;
            let refs: Vec<&Ask> = asks.iter().collect();
            let words = shadow.running.ask_as_shadow(&refs, deadline).await;
            for ((ask, used), word) in asks.into_iter().zip(used).zip(words) {
                shadow.compared.fetch_add(1, Ordering::Relaxed);
                let same = (used.said, used.reason_code, &used.limits) == (word.said, word.reason_code, &word.limits);
                if !same {
                    shadow.disagreed.fetch_add(1, Ordering::Relaxed);
                    let mut kept = shadow.kept.lock().unwrap_or_else(PoisonError::into_inner);
                    if kept.len() == MOST_KEPT {
                        kept.pop_front();
                    }
                    kept.push_back(Disagreement { at: ask.now, ask, used, shadow: word });
                }
            }
        });
    }

    /// How much was compared.
    #[must_use]
    pub fn compared(&self) -> Compared {
        Compared {
            compared: self.compared.load(Ordering::Relaxed),
            disagreed: self.disagreed.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
        }
    }

    /// The last disagreements, the newest first.
    #[must_use]
    pub fn disagreements(&self) -> Vec<Disagreement> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}
