//! A circuit breaker: after some failures in a row the gateway is left alone for a while; then one message tries it again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;

use crate::kernel::Instant;

/// The state of one gateway, as this process knows it.
pub struct Breaker {
    failures: u32,
    pause: TimeDelta,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Failures in a row.
    failed: u32,
    /// Until when nobody tries.
    rests_until: Option<Instant>,
}

impl Breaker {
    /// Opens after `failures` in a row, for `pause`.
    #[must_use]
    pub fn new(failures: u32, pause: Duration) -> Self {
        let pause = TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(1));
        Self { failures: failures.max(1), pause, state: Mutex::default() }
    }

    /// Asks to try. After the pause one caller is let through; the others wait for what becomes of it.
    ///
    /// # Errors
    /// How long to wait; never longer than the pause, wherever the clock is set.
    pub fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.rests_until {
            Some(until) if now < until => Err((until - now).min(self.pause).to_std().unwrap_or_default()),
            Some(_) => {
                state.rests_until = Some(now + self.pause);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Says how a try ended.
    pub fn ended(&self, now: Instant, well: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if well {
            *state = State::default();
            return;
        }
        state.failed = state.failed.saturating_add(1);
        if state.failed >= self.failures {
            state.rests_until = Some(now + self.pause);
        }
    }
}
