//! Relations. Pure.

use async_graphql::Enum;
use chrono_tz::Tz;
use diesel::prelude::*;
use uuid::Uuid;

use super::terms::{Emergency, Terms};
use crate::db::schema::intimate_pays;
use crate::kernel::ids::{AccountId, FamilyLinkId, IntimatePayId};
use crate::kernel::{Currency, Instant, Money};
use crate::permissions::constraints::{Hours, Use};
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

/// What is counted of whom one pays for: under the two people and not under their relation, so that ending it and opening
/// another gives neither a second month nor more changes of the cap (requirement 0.9).
#[must_use]
pub fn counter_of(payer: AccountId, beneficiary: AccountId) -> Counter {
    Counter::of(payer, beneficiary)
}

/// The counter of emergency purchases beside [`counter_of`].
pub const EMERGENCY: &str = "emergency";
/// The counter of changes of the caps beside [`counter_of`].
pub const CAP_CHANGES: &str = "cap changes";

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
    /// Which relation of the two it is, from 1: they may have ended some before.
    pub nth: i32,
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
    /// When it was frozen, if nobody let it go on since; also after its end.
    pub frozen_at: Option<Instant>,
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
        counter_of(self.payer_account_id, self.beneficiary_account_id)
    }

    /// What emergency purchases are counted under.
    #[must_use]
    pub fn emergency_counter(&self) -> Counter {
        self.counter().named(EMERGENCY)
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
