//! Relations and their terms. Pure.

use async_graphql::Enum;
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::schema::intimate_pays;
use crate::kernel::ids::{AccountId, FamilyLinkId, IntimatePayId};
use crate::kernel::{Currency, Instant, Money};
use crate::permissions::constraints::{Constraints, Hours, Use};
use crate::permissions::quota::Counter;

/// Where a relation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "IntimatePayState")]
pub enum State {
    /// It can pay, once the missing steps are done.
    Active,
    /// A payment was reported: nothing is paid until the payer lets it go on.
    Frozen,
    /// One of the two ended it. Its history stays.
    Ended,
}

/// A step that is missing before the relation can pay (requirement 0.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "IntimatePayStep")]
pub enum Step {
    /// The payer picks a payment method: `setIntimatePayMethods`.
    Method,
    /// The payer sets a payment password: `setPaymentPassword`.
    PaymentPassword,
}

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
}

/// A relation.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = intimate_pays)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct IntimatePay {
    /// Whose money it is.
    pub payer_account_id: AccountId,
    /// The id.
    pub id: IntimatePayId,
    /// The family link that it stands on.
    pub family_link_id: FamilyLinkId,
    /// Who pays with it.
    pub beneficiary_account_id: AccountId,
    /// `ACTIVE`, `FROZEN` or `ENDED`.
    pub state: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The payer's time zone when it was opened.
    pub time_zone: String,
    /// See [`Terms`].
    pub monthly_cap_minor: i64,
    /// See [`Terms`].
    pub per_payment_minor: Option<i64>,
    /// See [`Terms`].
    pub step_up_above_minor: Option<i64>,
    /// See [`Terms`].
    pub allowed_categories: Vec<String>,
    /// See [`Terms`].
    pub blocked_categories: Vec<String>,
    /// See [`Terms`].
    pub hours_from: Option<i32>,
    /// See [`Terms`].
    pub hours_until: Option<i32>,
    /// See [`Terms`].
    pub emergency_category: Option<String>,
    /// See [`Terms`].
    pub emergency_cap_minor: Option<i64>,
    /// The payer's methods, in the order of preference.
    pub methods: Vec<Uuid>,
    /// How many uses there were.
    pub uses: i64,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was ended.
    pub ended_at: Option<Instant>,
}

impl IntimatePay {
    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.as_str() {
            "ACTIVE" => State::Active,
            "FROZEN" => State::Frozen,
            _ => State::Ended,
        }
    }

    /// What the payer allows.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let minute = |minute: i32| u16::try_from(minute).unwrap_or(0);
        let hours = self.hours_from.zip(self.hours_until);
        let emergency = self.emergency_category.clone().zip(self.emergency_cap_minor);
        Terms {
            monthly_cap: self.monthly_cap_minor,
            per_payment: self.per_payment_minor,
            step_up_above: self.step_up_above_minor,
            allowed: self.allowed_categories.clone(),
            blocked: self.blocked_categories.clone(),
            hours: hours.map(|(from, until)| Hours { from: minute(from), until: minute(until) }),
            emergency: emergency.map(|(category, cap)| Emergency { category, cap }),
        }
    }

    /// In which months and hours are counted.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(chrono_tz::UTC)
    }

    /// An amount in its currency.
    #[must_use]
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    /// What uses of the month are counted under.
    #[must_use]
    pub fn counter(&self) -> Counter {
        Counter::of(self.payer_account_id, self.id)
    }

    /// What emergency purchases are counted under.
    #[must_use]
    pub fn emergency_counter(&self) -> Counter {
        self.counter().named("emergency")
    }

    /// What changes of the cap are counted under.
    #[must_use]
    pub fn changes_counter(&self) -> Counter {
        self.counter().named("cap changes")
    }

    /// A use of it at a moment.
    #[must_use]
    pub fn intended(&self, now: Instant, amount: Option<i64>, stepped_up_at: Option<Instant>) -> Use {
        Use { now, zone: self.zone(), amount, stepped_up_at }
    }

    /// Both sides.
    #[must_use]
    pub fn sides(&self) -> [AccountId; 2] {
        [self.payer_account_id, self.beneficiary_account_id]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(allowed: &[&str], blocked: &[&str]) -> Terms {
        let list = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Terms {
            monthly_cap: 100_000,
            per_payment: None,
            step_up_above: None,
            allowed: list(allowed),
            blocked: list(blocked),
            hours: None,
            emergency: Some(Emergency { category: "medicine".to_owned(), cap: 50_000 }),
        }
    }

    #[test]
    fn r0_9_categories_are_allowed_blocked_or_the_emergency() {
        assert!(terms(&[], &["games"]).allows("books") && !terms(&[], &["games"]).allows("games"));
        assert!(terms(&["books"], &[]).allows("books") && !terms(&["books"], &[]).allows("games"));
        assert!(terms(&["books"], &[]).allows("medicine"), "the emergency purchase needs no list");
        assert!(!terms(&[], &["medicine"]).allows("medicine"), "blocked is blocked");
        assert!(terms(&[], &[]).exempt("medicine").is_some() && terms(&[], &[]).exempt("books").is_none());
    }
}
