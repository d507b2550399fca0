//! `setRoster`: when a sub-account is on shift.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::store;
use crate::command::{Command, Tx};
use crate::domains::staff::perms::ROSTER_MANAGE;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::{change, events};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Fault, Text};
use crate::permissions::constraints::parse_clock_time;
use crate::permissions::shifts::{DAY, Roster, Shift};

/// Shifts of one sub-account at most: four a day.
const MOST_SHIFTS: usize = 28;

/// A shift as somebody writes it.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenShift {
    /// The day of the week that it starts on; Monday is 0.
    pub day: u16,
    /// When it starts, as `HH:MM`.
    pub from: String,
    /// When it ends, as `HH:MM`; not later than `from`, it is of the next day.
    pub until: String,
}

impl WrittenShift {
    /// The shift, if its day and times are some.
    #[must_use]
    pub fn read(&self) -> Option<Shift> {
        let (from, until) = (parse_clock_time(&self.from)?, parse_clock_time(&self.until)?);
        if self.day > 6 || from >= DAY {
            return None;
        }
        let minutes = if until > from { until - from } else { DAY - from + until };
        Some(Shift { starts: self.day * DAY + from, minutes })
    }
}

/// Sets the shifts of a sub-account.
#[derive(Debug, Serialize)]
pub struct SetRoster {
    /// Whose.
    pub sub_account: SubAccountId,
    /// All of them; none takes the sub-account off the roster.
    pub shifts: Vec<WrittenShift>,
}

/// The roster as it is now: the database's numbers.
#[derive(Debug, Serialize, Deserialize)]
pub struct RosterSet {
    /// Whose.
    pub sub_account: SubAccount,
    /// The shifts.
    pub shifts: Vec<i32>,
}

/// Why the roster stays as it is.
#[derive(Debug)]
pub enum RosterRefusal {
    /// The wrong person (requirement 5.2).
    Person(Overreach),
    /// The sub-account has departed.
    Departed,
    /// A shift that is none, or too many.
    Shifts,
}

impl Refusal for RosterRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Person(why) => why.code(),
            Self::Departed => "SUB_ACCOUNT_DEPARTED",
            Self::Shifts => "SHIFTS_INVALID",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Person(_) | Self::Departed => &["subAccountId"],
            Self::Shifts => &["shifts"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Person(why) => why.message(),
            Self::Departed => Text::new(
                "The sub-account has departed and has no shifts. Restore it first.",
                "该子账号已离职,无法排班,请先恢复。",
            ),
            Self::Shifts => Text::new(
                "Give at most 28 shifts, with times written 09:00 to 24:00; one that ends before it starts is of the next day.",
                "最多 28 个班次,时间写作 09:00 至 24:00;结束早于开始表示次日。",
            ),
        }
    }
}

impl Command for SetRoster {
    const NAME: &'static str = "setRoster";
    type Output = RosterSet;
    type Refusal = RosterRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<RosterSet, Fault<RosterRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(ROSTER_MANAGE, Some(who)).await?;
        let who = permit.record();
        let position = change::position_in(tx, who.shop_id, who.position_id).await?;
        Reach::of(&permit.seat, tx.now)
            .over(who.id, position.position.rank)
            .map_err(RosterRefusal::Person)
            .map_err(Fault::Refused)?;
        if who.state == State::Departed {
            return Err(Fault::Refused(RosterRefusal::Departed));
        }
        let shifts: Option<Vec<Shift>> = self.shifts.iter().map(WrittenShift::read).collect();
        let Some(shifts) = shifts.filter(|shifts| shifts.len() <= MOST_SHIFTS) else {
            return Err(Fault::Refused(RosterRefusal::Shifts));
        };
        let roster = Roster::of(shifts);
        let by = change::by(&permit);
        store::put(tx.conn, (who.shop_id, who.id), &roster, (by.as_str(), tx.now)).await?;
        tx.record_under(&permit, &who.id, json!({ "name": who.name, "shifts": self.shifts }));
        tx.emit(events::about(events::ROSTER_SET, who));
        Ok(RosterSet { sub_account: who.clone(), shifts: roster.numbers() })
    }
}
