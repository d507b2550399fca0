//! What a payer allows. Pure.

use serde::{Deserialize, Serialize};

use crate::permissions::constraints::{Constraints, Hours};

/// A category that the payer exempts from the monthly cap, up to an amount of its own each month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// The category.
    pub category: String,
    /// The most of a month, in minor units.
    pub cap: i64,
}

/// What a payer allows (requirement 0.9). Amounts are minor units of the relation's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The most of a month.
    pub monthly_cap: i64,
    /// The most of one payment.
    pub per_payment: Option<i64>,
    /// Above this a payment needs a fresh step-up (requirement 0.10).
    pub step_up_above: Option<i64>,
    /// The categories that may be bought; empty: all that are not blocked.
    pub allowed: Vec<String>,
    /// The categories that may not.
    pub blocked: Vec<String>,
    /// The hours of the day in the payer's time zone.
    pub hours: Option<Hours>,
    /// The emergency purchase.
    pub emergency: Option<Emergency>,
}

impl Terms {
    /// The limits as the engine knows them.
    #[must_use]
    pub fn constraints(&self) -> Constraints {
        Constraints {
            per_action: self.per_payment,
            per_month: Some(self.monthly_cap),
            hours: self.hours,
            step_up_above: self.step_up_above,
            ..Constraints::default()
        }
    }

    /// Whether a category may be bought. The emergency one may, unless it is blocked.
    #[must_use]
    pub fn allows(&self, category: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|known| known == category);
        let emergency = self.emergency.as_ref().is_some_and(|emergency| emergency.category == category);
        !listed(&self.blocked) && (self.allowed.is_empty() || listed(&self.allowed) || emergency)
    }

    /// What the emergency amount allows of a category in a month, if it is the one.
    #[must_use]
    pub fn exempt(&self, category: &str) -> Option<Constraints> {
        let emergency = self.emergency.as_ref().filter(|emergency| emergency.category == category)?;
        Some(Constraints { per_month: Some(emergency.cap), ..Constraints::default() })
    }

    /// What a month allows: the cap, and the emergency amount. Of these a month has so many changes.
    #[must_use]
    pub fn caps(&self) -> (i64, i64) {
        (self.monthly_cap, self.emergency.as_ref().map_or(0, |emergency| emergency.cap))
    }

    /// Whether they allow anything that others do not: more money, or the same at other times, for other things or with less
    /// to confirm.
    #[must_use]
    pub fn wider_than(&self, old: &Self) -> bool {
        // No limit is more than every limit.
        let more = |new: Option<i64>, old: Option<i64>| new.unwrap_or(i64::MAX) > old.unwrap_or(i64::MAX);
        let open = |hours: Option<Hours>, minute| hours.is_none_or(|hours| hours.contains(minute));
        // The empty text is no category: it stands for all that neither of the two names.
        let lists = [&self.allowed, &self.blocked, &old.allowed, &old.blocked];
        let emergencies = [&self.emergency, &old.emergency];
        let named = lists.into_iter().flatten().map(String::as_str);
        let named = named.chain(emergencies.into_iter().flatten().map(|emergency| emergency.category.as_str()));
        self.monthly_cap > old.monthly_cap
            || more(self.per_payment, old.per_payment)
            || more(self.step_up_above, old.step_up_above)
            || named.chain([""]).any(|category| self.allows(category) && !old.allows(category))
            || (0..1440).any(|minute| open(self.hours, minute) && !open(old.hours, minute))
            || self.emergency.as_ref().is_some_and(|emergency| {
                old.emergency.as_ref().is_none_or(|old| old.category != emergency.category || old.cap < emergency.cap)
            })
    }
}

/// Most categories of one list.
pub const MOST_CATEGORIES: usize = 50;

/// Whether a text can be a category: a code in small letters, as items have it.
#[must_use]
pub fn is_category(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(fits)
}
