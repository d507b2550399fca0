//! When and how a sub-account may log in, by its position (requirement 4.20). The policies are made by `staff`.

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::{position_login_policies as p, shops, sub_accounts as s};
use crate::kernel::ids::{PositionId, ShopId, SubAccountId};
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

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

/// Whether a policy lets somebody log in, or go on, at a moment. By which method is not asked where it is not known.
///
/// # Errors
/// What stands in the way.
pub fn allows(policy: &Policy, zone: Tz, client: &str, method: Option<&str>, now: Instant) -> Result<(), Against> {
    let local = now.with_timezone(&zone);
    let minute = i32::try_from(local.hour() * 60 + local.minute()).unwrap_or(0);
    let day = i32::try_from(local.weekday().number_from_monday()).unwrap_or(0);
    if policy.days.as_ref().is_some_and(|days| !days.contains(&day)) {
        return Err(Against::Days);
    }
    if let (Some(from), Some(until)) = (policy.from_minute, policy.until_minute) {
        let open = if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until };
        if !open {
            return Err(Against::Hours);
        }
    }
    if policy.clients.as_ref().is_some_and(|all| !all.iter().any(|one| one == client)) {
        return Err(Against::Client);
    }
    if let (Some(all), Some(method)) = (&policy.methods, method)
        && !all.iter().any(|one| one == method)
    {
        return Err(Against::Method);
    }
    Ok(())
}

/// The policy of a sub-account's position, and its shop's time zone.
///
/// # Errors
/// The database's fault.
pub async fn of_sub_account(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    id: SubAccountId,
) -> Sql<(Option<Policy>, String)> {
    let position: PositionId = s::table.find((shop, id)).select(s::position_id).first(conn).await?;
    let policy = p::table.find((shop, position)).select(Policy::as_select()).first(conn).await.optional()?;
    let zone = shops::table.find(shop).select(shops::time_zone).first(conn).await?;
    Ok((policy, zone))
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
        let app = Policy { clients: Some(vec!["SELLER_APP".to_owned()]), ..Policy::default() };
        assert_eq!(ask(&app, "2026-11-21T04:00:00Z"), Err(Against::Client));
        let code = Policy { methods: Some(vec!["PHONE_CODE".to_owned()]), ..Policy::default() };
        assert_eq!(ask(&code, "2026-11-21T04:00:00Z"), Err(Against::Method));
        let nobody = Policy { days: Some(Vec::new()), ..Policy::default() };
        assert_eq!(ask(&nobody, "2026-11-21T04:00:00Z"), Err(Against::Days));
    }
}
