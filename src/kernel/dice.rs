//! Randomness is passed in (design, decision 9): production asks the system, tests roll the same dice again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng as _;

/// A source of randomness for choices that are no secrets. Tokens and keys have the system's own.
pub trait Dice: Send + Sync + 'static {
    /// Any 64 bits, each as likely as the others.
    fn roll(&self) -> u64;

    /// A number below `sides`; 0 when there are none.
    fn below(&self, sides: u32) -> u32 {
        // The high half of a product: fair to one part in 2^32.
        let wide = (self.roll() >> 32) * u64::from(sides);
        u32::try_from(wide >> 32).unwrap_or(0)
    }
}

/// The dice that everything shares.
pub type SharedDice = Arc<dyn Dice>;

/// The system's randomness.
pub struct SystemDice;

impl Dice for SystemDice {
    fn roll(&self) -> u64 {
        rand::rng().next_u64()
    }
}

/// The same rolls for the same seed, in order (splitmix64).
pub struct SeededDice(AtomicU64);

impl SeededDice {
    /// Dice that begin at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Dice for SeededDice {
    fn roll(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut word = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}
