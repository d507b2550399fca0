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
