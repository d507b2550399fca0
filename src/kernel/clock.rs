//! Time is passed in (design, decision 9): production reads the system's clock, tests move their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A moment in UTC. PostgreSQL keeps microseconds, so every clock hands out whole microseconds.
pub type Instant = DateTime<Utc>;

/// A source of the current time, shared by everything that asks "when?".
pub trait Clock: Send + Sync + 'static {
    /// The current moment, in whole microseconds.
    fn now(&self) -> Instant;
}

/// The clock that everything shares.
pub type SharedClock = Arc<dyn Clock>;

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let now = Utc::now();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}

/// The system's clock, set to another time: for the demo.
pub struct ShiftedClock(TimeDelta);

impl ShiftedClock {
    /// A clock that shows `at` now and goes on from there.
    #[must_use]
    pub fn starting_at(at: Instant) -> Self {
        Self(at - Utc::now())
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Instant {
        SystemClock.now() + TimeDelta::microseconds(self.0.num_microseconds().unwrap_or(0))
    }
}

/// A clock that stands still until it is moved.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `at`.
    #[must_use]
    pub fn at(at: Instant) -> Self {
        Self(AtomicI64::new(at.timestamp_micros()))
    }

    /// Moves the clock, back as well as forward.
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
    }

    /// Puts the clock to `at`.
    pub fn set(&self, at: Instant) {
        self.0.store(at.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }
}
