//! What an operator sees of an isolated plugin.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Where an isolated plugin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its first child is starting.
    Starting,
    /// It answers.
    Ready,
    /// Its child ended; another one is starting or about to.
    Restarting,
    /// Too many failures in short time: it is left alone for a while. Everything is denied.
    Broken,
    /// It made a forbidden system call: it is left alone until an operator releases it. Everything is denied.
    Quarantined,
    /// It was stopped.
    Stopped,
}

/// Figures since the start of the handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Where it stands.
    pub state: State,
    /// Which child: 1 for the first. Grows with each restart.
    pub generation: u32,
    /// Requests.
    pub calls: u64,
    /// Requests that were denied, for whatever reason.
    pub denials: u64,
    /// Requests that were denied since there was no answer in time.
    pub timeouts: u64,
    /// Frames that were answered after their callers had given up.
    pub late: u64,
    /// Children that ended by themselves.
    pub crashes: u64,
    /// Children that were ended since they did not answer, or broke the frames' rules.
    pub kills: u64,
    /// Children that were started after the first one.
    pub restarts: u64,
    /// Half of all answers took at most this long, queueing included.
    pub p50: Duration,
    /// 99 of 100 answers took at most this long.
    pub p99: Duration,
    /// Why the last child ended, in words; empty when none has.
    pub last_failure: String,
}

/// The figures that change.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: AtomicU64,
    pub(crate) denials: AtomicU64,
    pub(crate) timeouts: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) crashes: AtomicU64,
    pub(crate) kills: AtomicU64,
    pub(crate) restarts: AtomicU64,
    pub(crate) times: Histogram,
}

pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

pub(crate) fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

const STEPS: usize = 8;
const BUCKETS: usize = 40 * STEPS;

/// Times in buckets that grow by an eighth of a power of two: figures are at most 12 % too high.
#[derive(Debug)]
pub(crate) struct Histogram(Box<[AtomicU64]>);

impl Default for Histogram {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Histogram {
    pub(crate) fn record(&self, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(STEPS as u64);
        // The highest bit, and the three bits after it.
        let power = ns.ilog2() as usize;
        let step = (ns >> (power - 3)) as usize & (STEPS - 1);
        add(&self.0[((power - 3) * STEPS + step).min(BUCKETS - 1)], 1);
    }

    /// The time that this part of all took at most, in thousandths.
    pub(crate) fn quantile(&self, thousandths: u64) -> Duration {
        let counts: Vec<u64> = self.0.iter().map(get).collect();
        let wanted = (counts.iter().sum::<u64>() * thousandths).div_ceil(1000);
        let mut seen = 0;
        for (i, count) in counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                let (power, step) = (i / STEPS + 3, (i % STEPS) as u64);
                return Duration::from_nanos((STEPS as u64 + step + 1) << (power - 3));
            }
        }
        Duration::ZERO
    }
}
