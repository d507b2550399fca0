//! `setSubAccountPermissions`: tick and save (requirement 4.15). What is held afterwards is exactly what is ticked.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::staff::grants::edit::Holdings;
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::PERMISSION_GRANT;
use crate::domains::staff::reach::{Overreach, Reach, grantable};
use crate::domains::staff::sub_accounts::model::State;
use crate::domains::staff::{change, events, manage};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Fault, Text};
use crate::permissions::Number;
use crate::permissions::catalogue::code;

/// Makes somebody's permissions what is ticked. Limits of grants that stay ticked stay.
#[derive(Debug, Serialize)]
pub struct SetSubAccountPermissions {
    /// Whose.
    pub sub_account: SubAccountId,
    /// The codes that are ticked.
    pub permissions: Vec<String>,
}

/// Why nothing is changed.
#[derive(Debug)]
pub enum SetRefusal {
    /// A ticked code goes too far (requirement 5.2).
    Permission(Overreach),
    /// The wrong person (requirement 5.2).
    Person(Overreach),
    /// The sub-account has departed.
    Departed,
    /// The position has it locked, so it must stay ticked.
    Locked(&'static str),
    /// Nobody could manage these (requirement 5.3).
    Unmanaged(Vec<Number>),
}

impl Refusal for SetRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Permission(why) | Self::Person(why) => why.code(),
            Self::Departed => "SUB_ACCOUNT_DEPARTED",
            Self::Locked(_) => "LOCKED_BY_POSITION",
            Self::Unmanaged(_) => manage::UNMANAGED,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Person(_) | Self::Departed => &["subAccountId"],
            _ => &["permissions"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Permission(why) | Self::Person(why) => why.message(),
            Self::Departed => Text::new(
                "The sub-account has departed. Restore it first with restoreSubAccount.",
                "该子账号已离职,请先使用 restoreSubAccount 恢复。",
            ),
            Self::Locked(code) => Text::made(
                format!("The position has {code} locked: keep it ticked, or move the sub-account to another position."),
                format!("{code} 由岗位锁定,不能取消勾选;如需取消请调整岗位。"),
            ),
            Self::Unmanaged(left) => manage::refusal(left),
        }
    }
}

impl Command for SetSubAccountPermissions {
    const NAME: &'static str = "setSubAccountPermissions";
    type Output = Staffed;
    type Refusal = SetRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Staffed, Fault<SetRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(PERMISSION_GRANT, Some(who)).await?;
        let who = permit.record();
        let ticked = self.ticked().map_err(SetRefusal::Permission).map_err(Fault::Refused)?;
        let position = change::position_in(tx, who.shop_id, who.position_id).await?;
        let reach = Reach::of(&permit.seat, tx.now);
        if let Err(why) = reach.over(who.id, position.position.rank) {
            return Err(Fault::Refused(SetRefusal::Person(why)));
        }
        if who.state == State::Departed {
            return Err(Fault::Refused(SetRefusal::Departed));
        }
        let before = manage::unmanaged(tx.conn, who.shop_id).await?;
        let by = change::by(&permit);
        let mut holdings = Holdings::of(tx.conn, who, position.clone()).await?;
        let changes = Changes::between(&holdings, &ticked, tx.now).map_err(Fault::Refused)?;
        reach.give_all(changes.more.iter().copied()).map_err(SetRefusal::Permission).map_err(Fault::Refused)?;
        for number in &changes.more {
            // A denial of what the position gives is lifted; everything else is granted.
            holdings.end(tx.conn, *number, (&by, tx.now)).await?;
            if position.given(*number).is_none() {
                holdings.give(tx.conn, *number, crate::permissions::Constraints::default(), (&by, tx.now)).await?;
            }
        }
        for number in &changes.less {
            holdings.take(tx.conn, *number, (&by, tx.now)).await?;
        }
        let left = manage::unmanaged_after(tx.conn, who.shop_id, &before).await?;
        if !left.is_empty() {
            return Err(Fault::Refused(SetRefusal::Unmanaged(left)));
        }
        tx.record_under(&permit, &who.id, changes.detail());
        tx.emit(events::about(events::CHANGED, who));
        Ok(Staffed { sub_account: who.clone(), position, grants: holdings.standing() })
    }
}

impl SetSubAccountPermissions {
    fn ticked(&self) -> Result<BTreeSet<Number>, Overreach> {
        self.permissions.iter().map(|code| grantable(code).map(|entry| entry.number)).collect()
    }
}

/// What is to be given and what is to be taken.
struct Changes {
    more: Vec<Number>,
    less: Vec<Number>,
}

impl Changes {
    fn between(
        holdings: &Holdings<'_>,
        ticked: &BTreeSet<Number>,
        now: crate::kernel::Instant,
    ) -> Result<Self, SetRefusal> {
        let more = ticked.iter().copied().filter(|number| !holdings.holds(*number, now)).collect();
        let granted = holdings.grants.iter().map(|grant| grant.permission);
        let listed: BTreeSet<Number> = holdings.position.numbers().chain(granted).collect();
        let less: Vec<Number> = listed.into_iter().filter(|n| !ticked.contains(n) && holdings.holds(*n, now)).collect();
        match less.iter().find(|number| holdings.locked(**number)) {
            Some(locked) => Err(SetRefusal::Locked(code(*locked))),
            None => Ok(Self { more, less }),
        }
    }

    fn detail(&self) -> serde_json::Value {
        let codes = |numbers: &[Number]| numbers.iter().map(|n| code(*n)).collect::<Vec<_>>();
        json!({ "given": codes(&self.more), "taken": codes(&self.less) })
    }
}
