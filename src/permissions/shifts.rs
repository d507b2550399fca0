//! When somebody is on shift: a roster of weekly shifts in the shop's time zone, which grants can be bound to
//! ([`Constraints::on_shift`](super::Constraints)).
//!
//! Only the roster's own command (`domains/staff/rosters`) writes `rosters`. A change moves the shop's epoch, so that it holds
//! with the next request (requirement 5.5); rosters of the past stay (requirement 5.10).

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDateTime, TimeDelta, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use crate::db::RunQueryDsl;
use crate::db::schema::rosters as r;
use crate::kernel::Instant;
use crate::kernel::ids::{ShopId, SubAccountId};

type Sql<T> = Result<T, diesel::result::Error>;

/// Minutes of a week.
pub const WEEK: u16 = 7 * DAY;
/// Minutes of a day.
pub const DAY: u16 = 1_440;

/// A shift that comes every week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shift {
    /// The minute of the week that it starts at; Monday 00:00 is 0.
    pub starts: u16,
    /// How many minutes it takes: 1 to 1,440. It may run over midnight, and over the week's end.
    pub minutes: u16,
}

impl Shift {
    /// Whether it has begun and is not over at a minute of the week.
    fn contains(self, minute: u16) -> bool {
        until(minute, self.starts, WEEK) < self.minutes
    }
}

/// Minutes from `from` on until `minute`, around the clock of `whole` minutes.
fn until(minute: u16, from: u16, whole: u16) -> u16 {
    (minute % whole + whole - from % whole) % whole
}

/// From when until when somebody is on shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Instant,
    /// The moment after the last.
    pub until: Instant,
}

impl Span {
    /// The span as people read it, in a time zone: `Mon 2026-11-23 09:00`, `18:00`.
    #[must_use]
    pub fn words(self, zone: Tz) -> (String, String) {
        let (from, until) = (self.from.with_timezone(&zone), self.until.with_timezone(&zone));
        (from.format("%a %Y-%m-%d %H:%M").to_string(), until.format("%H:%M").to_string())
    }
}

/// The shifts of one sub-account. None at all: nobody put it on the roster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster(Arc<[Shift]>);

impl Roster {
    /// A roster of these shifts.
    #[must_use]
    pub fn of(mut shifts: Vec<Shift>) -> Self {
        shifts.sort_unstable();
        Self(shifts.into())
    }

    /// As the database has it: two numbers for each shift. What makes no sense there is no shift.
    #[must_use]
    pub fn from_numbers(numbers: &[i32]) -> Self {
        let number = |n: i32| u16::try_from(n).ok();
        let shift = |pair: &[i32]| match pair {
            [starts, minutes] => Some(Shift { starts: number(*starts)?, minutes: number(*minutes)? }),
            _ => None,
        };
        Self::of(numbers.chunks(2).filter_map(shift).collect())
    }

    /// As the database has it.
    #[must_use]
    pub fn numbers(&self) -> Vec<i32> {
        self.0.iter().flat_map(|shift| [i32::from(shift.starts), i32::from(shift.minutes)]).collect()
    }

    /// The shifts, the first of the week first.
    #[must_use]
    pub fn shifts(&self) -> &[Shift] {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The shift that somebody is on at a moment; of several that overlap the one that lasts longest.
    #[must_use]
    pub fn on(&self, now: Instant, zone: Tz) -> Option<Span> {
        let (local, minute) = local(now, zone);
        let running = self.0.iter().filter(|shift| shift.contains(minute));
        let spans = running.map(|shift| span(local - minutes(until(minute, shift.starts, WEEK)), shift.minutes, zone));
        spans.max_by_key(|span| span.until)
    }

    /// The next shift after a moment.
    #[must_use]
    pub fn next(&self, now: Instant, zone: Tz) -> Option<Span> {
        let (local, minute) = local(now, zone);
        let wait = |shift: &Shift| match until(shift.starts, minute, WEEK) {
            // It begins within this very minute: that one is on, the next is a week away.
            0 => WEEK,
            wait => wait,
        };
        let next = self.0.iter().min_by_key(|shift| wait(shift))?;
        Some(span(local + minutes(wait(next)), next.minutes, zone))
    }
}

fn minutes(n: u16) -> TimeDelta {
    TimeDelta::minutes(i64::from(n))
}

/// The local time to the minute, and its minute of the week.
fn local(now: Instant, zone: Tz) -> (NaiveDateTime, u16) {
    let local = now.with_timezone(&zone).naive_local();
    let minute = local.weekday().num_days_from_monday() * u32::from(DAY) + local.hour() * 60 + local.minute();
    let seconds = TimeDelta::seconds(i64::from(local.second())) + TimeDelta::nanoseconds(i64::from(local.nanosecond()));
    (local - seconds, u16::try_from(minute).unwrap_or_default())
}

fn span(from: NaiveDateTime, length: u16, zone: Tz) -> Span {
    // Where the clocks are put forward there is no such time: it begins an hour later.
    let moment = |naive: NaiveDateTime| {
        let found = zone.from_local_datetime(&naive).earliest();
        let found = found.or_else(|| zone.from_local_datetime(&(naive + TimeDelta::hours(1))).earliest());
        found.map_or_else(|| naive.and_utc(), |local| local.to_utc())
    };
    Span { from: moment(from), until: moment(from + minutes(length)) }
}

/// The roster of a sub-account now, or as it was at a past moment.
///
/// # Errors
/// The database's fault.
pub async fn of(conn: &mut AsyncPgConnection, shop: ShopId, who: SubAccountId, at: Option<Instant>) -> Sql<Roster> {
    Ok(of_shop(conn, shop, Some(&[who]), at).await?.remove(&who).unwrap_or_default())
}

/// The rosters of a shop, or of some of its sub-accounts, now or as they were at a past moment.
///
/// # Errors
/// The database's fault.
pub async fn of_shop(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    who: Option<&[SubAccountId]>,
    at: Option<Instant>,
) -> Sql<HashMap<SubAccountId, Roster>> {
    let mut query = r::table.filter(r::shop_id.eq(shop)).select((r::sub_account_id, r::shifts)).into_boxed();
    if let Some(who) = who {
        query = query.filter(r::sub_account_id.eq_any(who));
    }
    query = match at {
        None => query.filter(r::valid_to.is_null()),
        Some(at) => query.filter(r::valid_from.le(at).and(r::valid_to.is_null().or(r::valid_to.gt(at)))),
    };
    let rows: Vec<(SubAccountId, Vec<i32>)> = query.load(conn).await?;
    Ok(rows.into_iter().map(|(who, numbers)| (who, Roster::from_numbers(&numbers))).collect())
}
