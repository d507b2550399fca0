//! When reviews are due. Pure.

use chrono::{Months, TimeDelta};
use sha2::{Digest, Sha256};

use crate::config;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, TypedId};

/// When the next review of an account is announced. The accounts of one day are spread over some, always the same for the same
/// account, so that a day never brings more than its share (requirement 2.7); a bad record brings a random day (requirement
/// 2.6), by `roll`.
#[must_use]
pub fn next(figures: &config::Certification, account: AccountId, bad_record: bool, roll: u64, now: Instant) -> Instant {
    if bad_record {
        return random(figures, roll, now);
    }
    let later = now.checked_add_months(Months::new(figures.review_months)).unwrap_or(now);
    later + TimeDelta::days(i64::from(share(account, figures.review_spread_days)))
}

/// A random day between the shortest and the longest time.
#[must_use]
pub fn random(figures: &config::Certification, roll: u64, now: Instant) -> Instant {
    let (least, most) = (figures.random_review_min_days, figures.random_review_max_days);
    let days = u64::from(least) + roll % u64::from(most.saturating_sub(least) + 1);
    now + TimeDelta::days(i64::try_from(days).unwrap_or(0))
}

/// Which of `days` an account belongs to.
pub fn share(account: AccountId, days: u32) -> u32 {
    let hash = Sha256::digest(account.uuid().as_bytes());
    let head = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    head % days.max(1)
}
