//! `setLoginPolicy`: when and how those of a position may log in (requirement 4.20).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::store;
use crate::command::{Command, Tx};
use crate::domains::accounts::sessions::policy::Policy;
use crate::domains::staff::change;
use crate::domains::staff::perms::POSITION_MANAGE;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::PositionId;
use crate::kernel::{Fault, Text};
use crate::permissions::constraints::parse_clock_time;

/// Sets the login policy of a position.
#[derive(Debug, Serialize)]
pub struct SetLoginPolicy {
    /// The position.
    pub position: PositionId,
    /// From and until, such as `09:00` and `18:00`.
    pub hours: Option<(String, String)>,
    /// The days of the week, Monday is 1.
    pub days: Option<Vec<i32>>,
    /// The clients.
    pub clients: Option<Vec<String>>,
    /// The methods.
    pub methods: Option<Vec<String>>,
}

/// It is set.
#[derive(Debug, Serialize, Deserialize)]
pub struct PolicySet {
    /// The position.
    pub position: PositionId,
}

/// Why it is not set.
#[derive(Debug)]
pub enum PolicyRefusal {
    /// The position stands above whoever asks, or is their own (requirement 5.2).
    Position(Overreach),
    /// A time that is none.
    Hours,
    /// Hours that end when they begin.
    NoHours,
    /// A list with nothing in it: nobody could log in.
    Empty(&'static [&'static str]),
    /// A day that is none.
    Days,
}

impl Refusal for PolicyRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Position(why) => why.code(),
            Self::Hours => "HOURS_INVALID",
            Self::NoHours => "HOURS_EQUAL",
            Self::Empty(_) => "LIST_EMPTY",
            Self::Days => "DAYS_INVALID",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Position(_) => &["positionId"],
            Self::Hours | Self::NoHours => &["hours"],
            Self::Empty(field) => field,
            Self::Days => &["days"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Position(why) => why.message(),
            Self::Hours => Text::new("Write hours as 09:00 and 18:00.", "时间请写作 09:00 和 18:00。"),
            Self::NoHours => Text::new(
                "These hours end when they begin, so nobody could log in. Leave them out for the whole day.",
                "开始时间与结束时间相同,将无人可以登录。如需全天允许,请不要填写时段。",
            ),
            Self::Empty(_) => Text::new(
                "This list is empty, so nobody could log in. Leave it out to limit nothing.",
                "列表为空将导致无人可以登录。如不限制,请不要填写该项。",
            ),
            Self::Days => Text::new("Days are 1 (Monday) to 7 (Sunday).", "星期为 1(周一)到 7(周日)。"),
        }
    }
}

impl Command for SetLoginPolicy {
    const NAME: &'static str = "setLoginPolicy";
    type Output = PolicySet;
    type Refusal = PolicyRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PolicySet, Fault<PolicyRefusal>> {
        let position = change::position(tx, self.position).await?;
        let permit = tx.permit(POSITION_MANAGE, Some(position.position)).await?;
        let position = permit.record();
        Reach::of(&permit.seat, tx.now)
            .up_to(position.rank)
            .map_err(PolicyRefusal::Position)
            .map_err(Fault::Refused)?;
        if change::is_own_position(tx, &permit, self.position).await? {
            return Err(Fault::Refused(PolicyRefusal::Position(Overreach::Oneself)));
        }
        let minutes = |text: &str| parse_clock_time(text).map(i32::from).ok_or(Fault::Refused(PolicyRefusal::Hours));
        let hours = match &self.hours {
            Some((from, until)) => Some((minutes(from)?, minutes(until)?)),
            None => None,
        };
        if hours.is_some_and(|(from, until)| from == until) {
            return Err(Fault::Refused(PolicyRefusal::NoHours));
        }
        let is_empty = |list: &Option<Vec<String>>| list.as_ref().is_some_and(Vec::is_empty);
        let empty: Option<&'static [&'static str]> = match self {
            Self { days: Some(days), .. } if days.is_empty() => Some(&["days"]),
            Self { clients, .. } if is_empty(clients) => Some(&["clients"]),
            Self { methods, .. } if is_empty(methods) => Some(&["methods"]),
            _ => None,
        };
        if let Some(field) = empty {
            return Err(Fault::Refused(PolicyRefusal::Empty(field)));
        }
        if self.days.iter().flatten().any(|day| !(1..=7).contains(day)) {
            return Err(Fault::Refused(PolicyRefusal::Days));
        }
        let policy = Policy {
            from_minute: hours.map(|(from, _)| from),
            until_minute: hours.map(|(_, until)| until),
            days: self.days.clone(),
            clients: self.clients.clone(),
            methods: self.methods.clone(),
        };
        store::set(tx.conn, (position.shop_id, position.id), &policy, tx.now).await?;
        let detail = json!({
            "hours": self.hours, "days": self.days, "clients": self.clients, "methods": self.methods,
        });
        tx.record_under(&permit, &self.position, detail);
        Ok(PolicySet { position: self.position })
    }
}
