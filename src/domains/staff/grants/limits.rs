//! The limits of a grant as somebody writes them (requirement 5.4), read where the shop's currency is known.

use serde::Serialize;

use crate::kernel::money::{MoneyError, WrittenAmount};
use crate::kernel::{Currency, Instant, Text};
use crate::permissions::Constraints;
use crate::permissions::constraints::{Hours, parse_clock_time};

/// The most minor units that a limit may say, ten million million yuan: sums of a window stay far from the end of 64 bits.
pub const LARGEST: i64 = 1_000_000_000_000_000;

/// Limits as written. Nothing said: no limit.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Limits {
    /// The most that one use may move.
    pub per_action: Option<WrittenAmount>,
    /// The most that a day may move.
    pub per_day: Option<WrittenAmount>,
    /// The most that a month may move.
    pub per_month: Option<WrittenAmount>,
    /// How often in a day.
    pub count_per_day: Option<i64>,
    /// From and until, as `HH:MM`.
    pub hours: Option<(String, String)>,
    /// The moment from which it no longer counts.
    pub valid_until: Option<Instant>,
    /// Only while on shift.
    pub on_shift: bool,
    /// Above this the session must have been stepped up.
    pub step_up_above: Option<WrittenAmount>,
    /// Above this somebody else must approve as well.
    pub second_approver_above: Option<WrittenAmount>,
}

/// Why limits are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLimit {
    /// An amount is none: the limit's name, and why.
    Amount(&'static str, MoneyError),
    /// A limit makes no sense: its name.
    Senseless(&'static str),
    /// A limit on amounts where no money moves: its name.
    NoMoney(&'static str),
    /// It would be over before it began.
    Past,
}

impl BadLimit {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Amount(_, MoneyError::CurrencyMismatch) => "CURRENCY_MISMATCH",
            Self::Amount(..) => "INVALID_AMOUNT",
            Self::Senseless(_) => "CONSTRAINT_INVALID",
            Self::NoMoney(_) => "NO_MONEY_MOVES",
            Self::Past => "VALID_UNTIL_PAST",
        }
    }

    /// The input field at fault.
    #[must_use]
    pub fn field(self) -> &'static [&'static str] {
        match self {
            Self::Amount(limit, _) | Self::Senseless(limit) | Self::NoMoney(limit) => field(limit),
            Self::Past => field("validUntil"),
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn message(self) -> Text {
        match self {
            Self::Amount(_, error) => error.text(),
            Self::Senseless(limit) => Text::made(
                format!(
                    "{limit} makes no sense: amounts and counts are above zero and at most {LARGEST} of the currency's \
                     smallest unit, thresholds not below zero, hours two different times written 09:00 to 24:00."
                ),
                format!(
                    "{limit} 无效:金额和次数须大于 0 且不超过 {LARGEST} 个最小货币单位,阈值不得小于 0,时段为两个不同的时间,如 09:00 至 24:00。"
                ),
            ),
            Self::NoMoney(limit) => Text::made(
                format!(
                    "No money moves with this permission: {limit} means nothing. Use countPerDay, hours or validUntil."
                ),
                format!("该权限不涉及金额,不能设置 {limit},请使用 countPerDay、hours 或 validUntil。"),
            ),
            Self::Past => {
                Text::new("validUntil lies in the past. Give a later moment.", "validUntil 已过期,请填写将来的时间。")
            }
        }
    }
}

/// The input field of a limit.
#[must_use]
pub fn field(limit: &str) -> &'static [&'static str] {
    match limit {
        "perAction" => &["constraints", "perAction"],
        "perDay" => &["constraints", "perDay"],
        "perMonth" => &["constraints", "perMonth"],
        "countPerDay" => &["constraints", "countPerDay"],
        "hours" => &["constraints", "hours"],
        "validUntil" => &["constraints", "validUntil"],
        "onShift" => &["constraints", "onShift"],
        "stepUpAbove" => &["constraints", "stepUpAbove"],
        "secondApproverAbove" => &["constraints", "secondApproverAbove"],
        _ => &["constraints"],
    }
}

impl Limits {
    /// The limits in minor units of `currency`. `money` says whether money moves with the permission.
    ///
    /// # Errors
    /// The first limit that is none.
    pub fn read(&self, currency: Currency, money: bool, now: Instant) -> Result<Constraints, BadLimit> {
        let amount = |limit: &'static str, written: &Option<WrittenAmount>| {
            let Some(written) = written else { return Ok(None) };
            if !money {
                return Err(BadLimit::NoMoney(limit));
            }
            let read = written.read(currency).map_err(|error| BadLimit::Amount(limit, error))?;
            Ok(Some(read.minor))
        };
        let limits = Constraints {
            per_action: amount("perAction", &self.per_action)?,
            per_day: amount("perDay", &self.per_day)?,
            per_month: amount("perMonth", &self.per_month)?,
            count_per_day: self.count_per_day,
            hours: self.hours.as_ref().map(hours).transpose()?,
            valid_until: self.valid_until,
            on_shift: self.on_shift,
            step_up_above: amount("stepUpAbove", &self.step_up_above)?,
            second_approver_above: amount("secondApproverAbove", &self.second_approver_above)?,
            ..Constraints::default()
        };
        limits.validate().map_err(BadLimit::Senseless)?;
        let largest = [
            ("perAction", limits.per_action),
            ("perDay", limits.per_day),
            ("perMonth", limits.per_month),
            ("stepUpAbove", limits.step_up_above),
            ("secondApproverAbove", limits.second_approver_above),
        ];
        if let Some((name, _)) = largest.iter().find(|(_, amount)| amount.is_some_and(|amount| amount > LARGEST)) {
            return Err(BadLimit::Senseless(name));
        }
        if limits.valid_until.is_some_and(|until| until <= now) { Err(BadLimit::Past) } else { Ok(limits) }
    }
}

fn hours((from, until): &(String, String)) -> Result<Hours, BadLimit> {
    let minute = |text: &str| parse_clock_time(text).ok_or(BadLimit::Senseless("hours"));
    Ok(Hours { from: minute(from)?, until: minute(until)? })
}
