//! What relations are shown with: terms and cases.

use async_graphql::{ID, SimpleObject};
use kith_macros::guarded;

use super::terms::Terms as RowTerms;
use crate::graphql::scalars::{DateTime, Money};
use crate::kernel::Currency;
use crate::permissions::constraints::clock_time;

/// The hours of the day in which may be paid.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PayHours {
    /// From this minute on: `07:00`.
    pub from: String,
    /// Up to but without this minute: `22:00`. It may run over midnight.
    pub until: String,
}

/// A category that is exempt from the monthly cap, up to an amount of its own.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct EmergencyTerms {
    /// The category.
    pub category: String,
    /// The most of a month.
    pub cap: Money,
}

/// What a payer allows.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct IntimatePayTerms {
    /// The most of a month; it starts afresh on the 1st, in the payer's time zone.
    pub monthly_cap: Money,
    /// The most of one payment.
    pub per_payment: Option<Money>,
    /// Above this a payment needs a one-time code: `stepUp` by a code, the authenticator or a recovery code.
    pub step_up_above: Option<Money>,
    /// The categories that may be bought; empty: all that are not blocked. At most 50.
    pub allowed_categories: Vec<String>,
    /// The categories that may not. At most 50.
    pub blocked_categories: Vec<String>,
    /// The hours in which may be paid; nothing: always.
    pub hours: Option<PayHours>,
    /// The emergency purchase.
    pub emergency: Option<EmergencyTerms>,
}

impl IntimatePayTerms {
    /// Terms as they are shown.
    #[must_use]
    pub fn of(terms: &RowTerms, currency: Currency) -> Self {
        let money = |minor| Money::from(crate::kernel::Money::new(minor, currency));
        Self {
            monthly_cap: money(terms.monthly_cap),
            per_payment: terms.per_payment.map(money),
            step_up_above: terms.step_up_above.map(money),
            allowed_categories: terms.allowed.clone(),
            blocked_categories: terms.blocked.clone(),
            hours: terms.hours.map(|h| PayHours { from: clock_time(h.from), until: clock_time(h.until) }),
            emergency: terms
                .emergency
                .as_ref()
                .map(|e| EmergencyTerms { category: e.category.clone(), cap: money(e.cap) }),
        }
    }
}

/// A case that a report opened.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct IntimateCase {
    /// The id.
    pub id: ID,
    /// The purchase that was reported, if it was one.
    pub purchase_id: Option<ID>,
    /// What is suspicious, in the words of who reported.
    pub reason: String,
    /// Whether the payer has let the relation go on since, or it has ended.
    pub is_closed: bool,
    /// When it was opened.
    pub opened_at: DateTime,
    /// When it was closed.
    pub closed_at: Option<DateTime>,
}
