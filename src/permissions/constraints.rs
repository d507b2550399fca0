//! What a grant can be limited by (requirement 5.4). One mechanism for every limit (design, decision 4).
//!
//! Amounts are minor units of the shop's currency. Limits that look at one use are decided here, from data alone;
//! limits that add up over a day or a month are counted by [`super::quota`].

use chrono::{NaiveTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::shifts::{Roster, Span};
use crate::kernel::Instant;

/// How long a step-up keeps a session strong.
pub const STEP_UP_LASTS: TimeDelta = TimeDelta::minutes(15);

/// The limits of one grant. Nothing set: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Constraints {
    /// The most that one use may move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_action: Option<i64>,
    /// The most that all uses of a day may move together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<i64>,
    /// The most that all uses of a month may move together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_month: Option<i64>,
    /// How often it may be used in a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_per_day: Option<i64>,
    /// The hours of the day in the shop's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// The moment from which the grant no longer counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Instant>,
    /// It counts only while its holder is on shift.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_shift: bool,
    /// The shifts of its holder, as the store found them with the grant. Whoever has none is never on shift, so a limit whose
    /// roster was not read denies.
    #[serde(skip)]
    pub roster: Roster,
    /// Above this amount the session must have been stepped up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_up_above: Option<i64>,
    /// Above this amount somebody else must approve as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_approver_above: Option<i64>,
}

/// A span of the day: from the first minute on, up to but without the second. It may run over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Minutes after midnight, 0 to 1439.
    pub from: u16,
    /// Minutes after midnight, 0 to 1440.
    pub until: u16,
}

impl Hours {
    /// Whether a minute of the day lies within.
    #[must_use]
    pub fn contains(self, minute: u16) -> bool {
        if self.from <= self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }

    /// Whether every minute of `self` lies within `outer`.
    fn within(self, outer: Self) -> bool {
        (0..1440).all(|m| !self.contains(m) || outer.contains(m))
    }
}

/// One intended use of a permission.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// When.
    pub now: Instant,
    /// The shop's time zone, in which hours, days and months are counted.
    pub zone: Tz,
    /// How much it moves, in minor units; `None` when no money moves.
    pub amount: Option<i64>,
    /// When the session was last stepped up.
    pub stepped_up_at: Option<Instant>,
}

impl Use {
    /// A use that moves nothing: what limits on time alone make of it.
    #[must_use]
    pub fn of_nothing(now: Instant, zone: Tz) -> Self {
        Self { now, zone, amount: None, stepped_up_at: None }
    }
}

/// The limit that stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// More than one use may move.
    PerAction {
        /// The limit, in minor units.
        limit: i64,
    },
    /// More than is left of the day.
    PerDay {
        /// The limit, in minor units.
        limit: i64,
        /// What was used before, in minor units.
        used: i64,
        /// When the next day begins.
        resets_at: Instant,
    },
    /// More than is left of the month.
    PerMonth {
        /// The limit, in minor units.
        limit: i64,
        /// What was used before, in minor units.
        used: i64,
        /// When the next month begins.
        resets_at: Instant,
    },
    /// Used as often as a day allows.
    CountPerDay {
        /// The limit, in uses.
        limit: i64,
        /// How often it was used before.
        used: i64,
        /// When the next day begins.
        resets_at: Instant,
    },
    /// Outside the hours.
    Hours {
        /// The hours that are allowed.
        hours: Hours,
    },
    /// The grant's time is over.
    Expired {
        /// Since when.
        at: Instant,
    },
    /// Its holder is not on shift.
    OffShift {
        /// The next shift; none when nobody put the holder on the roster.
        next: Option<Span>,
    },
    /// The session must be stepped up first.
    StepUp {
        /// The amount above which that is so, in minor units.
        above: i64,
    },
}

impl Violation {
    /// Whether it is a limit that adds up and that `limits` sets to just this figure.
    #[must_use]
    pub fn is_of(self, limits: &Constraints) -> bool {
        match self {
            Self::PerDay { limit, .. } => limits.per_day == Some(limit),
            Self::PerMonth { limit, .. } => limits.per_month == Some(limit),
            Self::CountPerDay { limit, .. } => limits.count_per_day == Some(limit),
            _ => false,
        }
    }
}

/// What a use must still bring although it is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Obligations {
    /// Somebody else must approve as well.
    pub second_approver: bool,
}

impl Constraints {
    /// Whether anything is limited at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The narrower of each limit that adds up over a day or a month: what one counter is held to.
    #[must_use]
    pub fn narrowed(self, other: &Self) -> Self {
        let least = |a: Option<i64>, b: Option<i64>| a.into_iter().chain(b).min();
        Self {
            per_day: least(self.per_day, other.per_day),
            per_month: least(self.per_month, other.per_month),
            count_per_day: least(self.count_per_day, other.count_per_day),
            ..self
        }
    }

    /// Whether uses must be counted.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.per_day.is_some() || self.per_month.is_some() || self.count_per_day.is_some()
    }

    /// Decides everything that one use shows by itself.
    ///
    /// # Errors
    /// The first limit that stands in the way; the most final one first.
    pub fn check(&self, intended: &Use) -> Result<Obligations, Violation> {
        if let Some(at) = self.valid_until.filter(|at| intended.now >= *at) {
            return Err(Violation::Expired { at });
        }
        if self.on_shift && self.shift(intended).is_none() {
            return Err(Violation::OffShift { next: self.roster.next(intended.now, intended.zone) });
        }
        if let Some(hours) = self.hours {
            let local = intended.now.with_timezone(&intended.zone);
            let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(u16::MAX);
            if !hours.contains(minute) {
                return Err(Violation::Hours { hours });
            }
        }
        let amount = intended.amount.unwrap_or(0);
        if let Some(limit) = self.per_action.filter(|limit| amount > *limit) {
            return Err(Violation::PerAction { limit });
        }
        if let Some(above) = self.step_up_above.filter(|above| amount > *above) {
            let strong = intended.stepped_up_at.is_some_and(|at| intended.now < at + STEP_UP_LASTS);
            if !strong {
                return Err(Violation::StepUp { above });
            }
        }
        Ok(Obligations { second_approver: self.second_approver_above.is_some_and(|above| amount > above) })
    }

    /// The shift that the holder is on, where the limits ask for one.
    #[must_use]
    pub fn shift(&self, intended: &Use) -> Option<Span> {
        self.on_shift.then(|| self.roster.on(intended.now, intended.zone)).flatten()
    }

    /// Whether these limits allow nothing that `outer` forbids: nobody grants more than they hold (requirement 5.2).
    ///
    /// # Errors
    /// The name of the first limit that is wider.
    pub fn within(&self, outer: &Self) -> Result<(), &'static str> {
        let narrower = |inner: Option<i64>, outer: Option<i64>| match (inner, outer) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(inner), Some(outer)) => inner <= outer,
        };
        let checks = [
            ("perAction", narrower(self.per_action, outer.per_action)),
            ("perDay", narrower(self.per_day, outer.per_day)),
            ("perMonth", narrower(self.per_month, outer.per_month)),
            ("countPerDay", narrower(self.count_per_day, outer.count_per_day)),
            ("stepUpAbove", narrower(self.step_up_above, outer.step_up_above)),
            ("secondApproverAbove", narrower(self.second_approver_above, outer.second_approver_above)),
            // Whose shifts they are is not compared: nobody sets their own (domains/staff/rosters).
            ("onShift", self.on_shift || !outer.on_shift),
            (
                "validUntil",
                match (self.valid_until, outer.valid_until) {
                    (_, None) => true,
                    (None, Some(_)) => false,
                    (Some(inner), Some(outer)) => inner <= outer,
                },
            ),
            (
                "hours",
                match (self.hours, outer.hours) {
                    (_, None) => true,
                    (None, Some(_)) => false,
                    (Some(inner), Some(outer)) => inner.within(outer),
                },
            ),
        ];
        checks.iter().find(|(_, ok)| !ok).map_or(Ok(()), |(name, _)| Err(*name))
    }

    /// Whether the limits make sense by themselves.
    ///
    /// # Errors
    /// The name of the first limit that does not.
    pub fn validate(&self) -> Result<(), &'static str> {
        let positive = |limit: Option<i64>| limit.is_none_or(|l| l > 0);
        let not_negative = |limit: Option<i64>| limit.is_none_or(|l| l >= 0);
        let checks = [
            ("perAction", positive(self.per_action)),
            ("perDay", positive(self.per_day)),
            ("perMonth", positive(self.per_month)),
            ("countPerDay", positive(self.count_per_day)),
            ("stepUpAbove", not_negative(self.step_up_above)),
            ("secondApproverAbove", not_negative(self.second_approver_above)),
            ("hours", self.hours.is_none_or(|h| h.from < 1440 && h.until <= 1440 && h.from != h.until)),
        ];
        checks.iter().find(|(_, ok)| !ok).map_or(Ok(()), |(name, _)| Err(*name))
    }
}

/// A minute of the day as `HH:MM`.
#[must_use]
pub fn clock_time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Reads `HH:MM`; `24:00` is the end of the day.
#[must_use]
pub fn parse_clock_time(text: &str) -> Option<u16> {
    if text == "24:00" {
        return Some(1440);
    }
    if text.len() != 5 {
        return None;
    }
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    u16::try_from(time.hour() * 60 + time.minute()).ok()
}
