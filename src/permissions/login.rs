//! When and how those of a position may work for a shop (requirement 4.20): hours and days in the shop's time zone, clients and
//! methods of log-in.

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::constraints::clock_time;
use crate::db::schema::position_login_policies as p;
use crate::kernel::{Instant, Text};

/// The policy of a position. What is none is not limited.
#[derive(Debug, Clone, Default, Queryable, Selectable)]
#[diesel(table_name = p)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Policy {
    /// From this minute of the shop's day on.
    pub from_minute: Option<i32>,
    /// Up to this minute, which is not included; below `from_minute` it is of the next day.
    pub until_minute: Option<i32>,
    /// The days of the week, Monday is 1.
    pub days: Option<Vec<i32>>,
    /// The clients.
    pub clients: Option<Vec<String>>,
    /// The methods: `PASSWORD`, `PHONE_CODE`.
    pub methods: Option<Vec<String>>,
}

impl Policy {
    /// Its hours as a clock shows them: from, until.
    #[must_use]
    pub fn hours(&self) -> (String, String) {
        let clock = |minute: Option<i32>| clock_time(minute.and_then(|m| u16::try_from(m).ok()).unwrap_or(0));
        (clock(self.from_minute), clock(self.until_minute))
    }
}

/// What of a policy stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The hour.
    Hours,
    /// The day of the week.
    Days,
    /// The client.
    Client,
    /// The method.
    Method,
    /// Nothing is granted: there is nothing to log in for.
    NothingGranted,
}

impl Against {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hours => "OUTSIDE_LOGIN_HOURS",
            Self::Days => "OUTSIDE_LOGIN_DAYS",
            Self::Client => "CLIENT_NOT_ALLOWED",
            Self::Method => "METHOD_NOT_ALLOWED",
            Self::NothingGranted => "NOTHING_GRANTED",
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub const fn message(self) -> Text {
        match self {
            Self::Hours => Text::new(
                "Your position may not log in at this hour. Try again within its hours, or ask the shop.",
                "您的岗位在当前时段不能登录,请在允许时段内登录或联系店铺。",
            ),
            Self::Days => Text::new(
                "Your position may not log in on this day of the week. Ask the shop.",
                "您的岗位今天不能登录,请联系店铺。",
            ),
            Self::Client => Text::new(
                "Your position may not log in with this client. Use another one, or ask the shop.",
                "您的岗位不能使用该客户端登录,请更换客户端或联系店铺。",
            ),
            Self::Method => Text::new(
                "Your position may not log in this way. Use the other one, or ask the shop.",
                "您的岗位不能使用该方式登录,请更换方式或联系店铺。",
            ),
            Self::NothingGranted => Text::new(
                "No permission was granted to this sub-account, so it cannot log in. Ask the shop for one.",
                "该子账号未被授予任何权限,无法登录,请联系店铺授权。",
            ),
        }
    }
}

/// Whether a policy lets somebody log in, or go on. By which method is not asked where it is not known: a session that a second
/// factor confirmed names none and meets either.
///
/// # Errors
/// What stands in the way.
pub fn allows(policy: &Policy, zone: Tz, client: &str, method: Option<&str>, now: Instant) -> Result<(), Against> {
    open_at(policy, zone, now)?;
    if policy.clients.as_ref().is_some_and(|all| !all.iter().any(|one| one == client)) {
        return Err(Against::Client);
    }
    let is_other = |method: &str| policy.methods.as_ref().is_some_and(|all| !all.iter().any(|one| one == method));
    if method.is_some_and(is_other) {
        return Err(Against::Method);
    }
    Ok(())
}

/// Whether a moment is within the hours and days of a policy.
///
/// # Errors
/// What stands in the way.
pub fn open_at(policy: &Policy, zone: Tz, now: Instant) -> Result<(), Against> {
    let local = now.with_timezone(&zone);
    let minute = i32::try_from(local.hour() * 60 + local.minute()).unwrap_or(0);
    // What goes on after midnight is of the day on which it began.
    let is_of_yesterday =
        policy.from_minute.zip(policy.until_minute).is_some_and(|(from, until)| until < from && minute < until);
    let weekday = if is_of_yesterday { local.weekday().pred() } else { local.weekday() };
    let day = i32::try_from(weekday.number_from_monday()).unwrap_or(0);
    if policy.days.as_ref().is_some_and(|days| !days.contains(&day)) {
        return Err(Against::Days);
    }
    if let (Some(from), Some(until)) = (policy.from_minute, policy.until_minute) {
        let open = if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until };
        if !open {
            return Err(Against::Hours);
        }
    }
    Ok(())
}

/// How a session was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// With which client.
    pub client: String,
    /// By which method, if that is known.
    pub method: Option<String>,
}

/// The policy that a manager's seat stands under, and the session by which they act (requirements 4.19, 4.20). A sub-account of
/// its own logs in by its shop, so log-in and refresh look at the policy; a manager's log-in knows no shop, so their seat does.
#[derive(Debug, Clone, Copy)]
pub struct Under<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The session; `None` when it is not known which it would be.
    pub opened: Option<&'a Opened>,
    /// The shop's time zone.
    pub zone: Tz,
}

impl Under<'_> {
    /// What of the policy stands in the way at a moment.
    #[must_use]
    pub fn against(&self, now: Instant) -> Option<Against> {
        let checked = match self.opened {
            Some(opened) => allows(self.policy, self.zone, &opened.client, opened.method.as_deref(), now),
            None => open_at(self.policy, self.zone, now),
        };
        checked.err()
    }

    /// What is in the way, and what to do.
    #[must_use]
    pub fn message(&self, name: &str, against: Against) -> Text {
        let listed = |all: Option<&Vec<String>>| all.map(|all| all.join(", ")).unwrap_or_default();
        let (en, zh) = match against {
            Against::Hours => {
                let (from, until) = self.policy.hours();
                (
                    format!("from {from} to {until} ({}): come back then", self.zone),
                    format!("仅可在 {from} 至 {until}({})操作,请届时再试", self.zone),
                )
            }
            Against::Days => (
                format!("on other days of the week ({}): come back then", self.zone),
                format!("今天不能操作({}),请在允许的日期再试", self.zone),
            ),
            Against::Client => {
                let clients = listed(self.policy.clients.as_ref());
                (
                    format!("with these clients: {clients}; log in with one of them"),
                    format!("仅可使用以下客户端:{clients},请更换客户端登录"),
                )
            }
            Against::Method | Against::NothingGranted => {
                let methods = listed(self.policy.methods.as_ref());
                (
                    format!("when logged in by: {methods}; log in that way"),
                    format!("仅可使用以下登录方式:{methods},请更换方式登录"),
                )
            }
        };
        Text::made(
            format!("{name} may act for this shop only {en}, or ask the shop for another policy (setLoginPolicy)."),
            format!("{name} {zh},或联系店铺调整登录策略(setLoginPolicy)。"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn r4_20_hours_and_days_are_those_of_the_shops_zone() {
        let zone = chrono_tz::Asia::Shanghai;
        let day = Policy { from_minute: Some(540), until_minute: Some(1_080), ..Policy::default() };
        let ask = |policy: &Policy, now: &str| allows(policy, zone, "WEB", Some("PASSWORD"), at(now));
        assert_eq!(ask(&day, "2026-11-21T01:00:00Z"), Ok(()), "nine in Shanghai");
        assert_eq!(ask(&day, "2026-11-21T00:59:59Z"), Err(Against::Hours));
        assert_eq!(ask(&day, "2026-11-21T10:00:00Z"), Err(Against::Hours), "six in the evening");
        let night = Policy { from_minute: Some(1_320), until_minute: Some(360), ..Policy::default() };
        assert_eq!(ask(&night, "2026-11-21T15:00:00Z"), Ok(()));
        assert_eq!(ask(&night, "2026-11-21T21:59:00Z"), Ok(()), "a minute to six");
        assert_eq!(ask(&night, "2026-11-21T04:00:00Z"), Err(Against::Hours));
        // 2026-11-22 is a Sunday; in Shanghai it begins at four in the afternoon of Saturday, UTC.
        let week = Policy { days: Some(vec![1, 2, 3, 4, 5, 6]), ..Policy::default() };
        assert_eq!(ask(&week, "2026-11-21T15:59:59Z"), Ok(()));
        assert_eq!(ask(&week, "2026-11-21T16:00:00Z"), Err(Against::Days));
        // The night of Friday ends on Saturday morning.
        let nights = Policy { days: Some(vec![5]), ..night };
        assert_eq!(ask(&nights, "2026-11-20T15:00:00Z"), Ok(()), "Friday, eleven at night");
        assert_eq!(ask(&nights, "2026-11-20T21:59:00Z"), Ok(()), "Saturday, a minute to six");
        assert_eq!(ask(&nights, "2026-11-20T22:00:00Z"), Err(Against::Days), "six");
        assert_eq!(ask(&nights, "2026-11-21T15:00:00Z"), Err(Against::Days), "Saturday, eleven at night");
        assert_eq!(ask(&nights, "2026-11-19T21:00:00Z"), Err(Against::Days), "the night of Thursday");
        let app = Policy { clients: Some(vec!["SELLER_APP".to_owned()]), ..Policy::default() };
        assert_eq!(ask(&app, "2026-11-21T04:00:00Z"), Err(Against::Client));
        let code = Policy { methods: Some(vec!["PHONE_CODE".to_owned()]), ..Policy::default() };
        assert_eq!(ask(&code, "2026-11-21T04:00:00Z"), Err(Against::Method));
        let nobody = Policy { days: Some(Vec::new()), ..Policy::default() };
        assert_eq!(ask(&nobody, "2026-11-21T04:00:00Z"), Err(Against::Days));
    }

    #[test]
    fn r4_20_a_managers_seat_is_held_to_its_session_and_to_the_clock() {
        let policy = Policy {
            clients: Some(vec!["SELLER_APP".to_owned()]),
            methods: Some(vec!["PHONE_CODE".to_owned()]),
            days: Some(vec![6]),
            ..Policy::default()
        };
        let (saturday, sunday) = (at("2026-11-21T04:00:00Z"), at("2026-11-22T04:00:00Z"));
        let opened = |client: &str, method: Option<&str>| Opened {
            client: client.to_owned(),
            method: method.map(str::to_owned),
        };
        let ask = |opened: Option<&Opened>, now| {
            Under { policy: &policy, opened, zone: chrono_tz::Asia::Shanghai }.against(now)
        };
        assert_eq!(ask(Some(&opened("SELLER_APP", Some("PHONE_CODE"))), saturday), None);
        assert_eq!(ask(Some(&opened("SELLER_APP", None)), saturday), None, "a second factor confirmed it");
        assert_eq!(ask(Some(&opened("SELLER_APP", Some("PASSWORD"))), saturday), Some(Against::Method));
        assert_eq!(ask(Some(&opened("BUYER_APP", Some("PHONE_CODE"))), saturday), Some(Against::Client));
        assert_eq!(ask(Some(&opened("SELLER_APP", Some("PHONE_CODE"))), sunday), Some(Against::Days));
        assert_eq!(ask(None, saturday), None, "of a session that is not known, the clock alone");
        assert_eq!(ask(None, sunday), Some(Against::Days));
    }
}
