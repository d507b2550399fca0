//! The confirmation token: the terms that were shown, sealed.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::model::IntimatePay;
use super::terms::Terms;
use crate::kernel::ids::{AccountId, FamilyLinkId, IntimatePayId};
use crate::kernel::{Currency, Instant};
use crate::permissions::quota::Windows;
use crate::providers::Keys;

const SEALED_FOR: &str = "intimate_pay.offer";
const PREFIX: &str = "kithcnf_";
/// The longest token that is read.
const LONGEST: usize = 16 * 1024;

/// What a payer is about to confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The relation that it becomes.
    pub id: IntimatePayId,
    /// The payer.
    pub payer: AccountId,
    /// The family link.
    pub link: FamilyLinkId,
    /// The relative.
    pub beneficiary: AccountId,
    /// The currency of all amounts.
    pub currency: Currency,
    /// In which months and hours are counted.
    pub time_zone: String,
    /// What the payer allows.
    pub terms: Terms,
    /// Until when it can be confirmed.
    pub expires_at: Instant,
}

impl Offer {
    /// In which months and hours are counted.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(chrono_tz::UTC)
    }

    /// Whether it changes what a month allows that knew the relation before.
    #[must_use]
    pub fn changes_the_caps_of(&self, before: &IntimatePay, now: Instant) -> bool {
        let month = |at| Windows::of(at, self.zone()).month();
        let this_month = before.ended_at.is_none_or(|ended_at| month(ended_at) >= month(now));
        this_month && self.terms.caps() != before.terms().caps()
    }

    /// The token that stands for exactly this.
    ///
    /// # Errors
    /// Ours: terms that cannot be written.
    pub fn token(&self, keys: &Keys) -> Result<String, serde_json::Error> {
        let sealed = keys.seal(SEALED_FOR, &serde_json::to_vec(self)?);
        Ok(sealed.iter().fold(PREFIX.to_owned(), |token, byte| token + &format!("{byte:02x}")))
    }

    /// What a token stands for; `None` when it is none, or was changed.
    #[must_use]
    pub fn of_token(keys: &Keys, token: &str) -> Option<Self> {
        let digits = token.strip_prefix(PREFIX).filter(|t| t.len() <= LONGEST && t.len().is_multiple_of(2))?;
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let sealed: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect::<Option<_>>()?;
        serde_json::from_slice(&keys.open(SEALED_FOR, &sealed).ok()?).ok()
    }
}
