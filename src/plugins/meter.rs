//! The figures of a plugin in use. Counting a call is a relaxed addition.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::permissions::arbiter::{Said, Word};

/// What changes with each call.
#[derive(Debug, Default)]
pub struct Meter {
    calls: AtomicU64,
    denials: AtomicU64,
    faults: AtomicU64,
}

impl Meter {
    /// Counts answers.
    pub fn count(&self, words: &[Word]) {
        let many = |n: usize| u64::try_from(n).unwrap_or(0);
        let denials = words.iter().filter(|word| word.said == Said::Deny).count();
        let faults = words.iter().filter(|word| matches!(word.said, Said::Nothing(_))).count();
        self.calls.fetch_add(many(words.len()), Ordering::Relaxed);
        if denials > 0 {
            self.denials.fetch_add(many(denials), Ordering::Relaxed);
        }
        if faults > 0 {
            self.faults.fetch_add(many(faults), Ordering::Relaxed);
        }
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            calls: self.calls.load(Ordering::Relaxed),
            denials: self.denials.load(Ordering::Relaxed),
            faults: self.faults.load(Ordering::Relaxed),
            ..Figures::default()
        }
    }
}

/// The figures of a started release since it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// `READY`; of an isolated one also `STARTING`, `RESTARTING`, `BROKEN`, `QUARANTINED`, `STOPPED`.
    pub state: &'static str,
    /// Questions.
    pub calls: u64,
    /// Questions that it answered with no.
    pub denials: u64,
    /// Questions that it did not answer, or not as the contract wants: they were denied.
    pub faults: u64,
    /// Children that ended by themselves.
    pub crashes: u64,
    /// Children that were ended, since they hung or broke the frames' rules.
    pub kills: u64,
    /// Children that were started after the first.
    pub restarts: u64,
    /// Questions without an answer in time.
    pub timeouts: u64,
    /// Half of all answers took at most this long; zero in process, where it is not measured.
    pub p50: Duration,
    /// 99 of 100 took at most this long.
    pub p99: Duration,
    /// Why the last child ended; empty when none has.
    pub last_failure: String,
    /// The running child's process id.
    pub process: Option<u32>,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            state: "READY",
            calls: 0,
            denials: 0,
            faults: 0,
            crashes: 0,
            kills: 0,
            restarts: 0,
            timeouts: 0,
            p50: Duration::ZERO,
            p99: Duration::ZERO,
            last_failure: String::new(),
            process: None,
        }
    }
}
