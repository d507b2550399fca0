//! `grantPermission`: lets a sub-account do something, within limits.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::staff::grants::edit::Holdings;
use crate::domains::staff::grants::limits::{self, BadLimit, Limits};
use crate::domains::staff::grants::model::Grant;
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::PERMISSION_GRANT;
use crate::domains::staff::reach::{Overreach, Reach, grantable};
use crate::domains::staff::sub_accounts::model::State;
use crate::domains::staff::{change, events};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Fault, Text};

/// Grants a permission.
#[derive(Debug, Serialize)]
pub struct GrantPermission {
    /// To whom.
    pub sub_account: SubAccountId,
    /// The code of what.
    pub permission: String,
    /// Within which limits.
    pub limits: Limits,
}

/// The grant, and the sub-account after it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Granted {
    /// The grant.
    pub grant: Grant,
    /// The sub-account.
    pub staffed: Staffed,
}

/// Why a permission is not granted.
#[derive(Debug)]
pub enum GrantRefusal {
    /// Too far (requirement 5.2).
    Permission(Overreach),
    /// To the wrong person (requirement 5.2).
    Person(Overreach),
    /// The sub-account has departed.
    Departed,
    /// A limit is none.
    Limit(BadLimit),
    /// The position has it locked, so it cannot be narrowed.
    Locked,
}

impl Refusal for GrantRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Permission(why) | Self::Person(why) => why.code(),
            Self::Departed => "SUB_ACCOUNT_DEPARTED",
            Self::Limit(why) => why.code(),
            Self::Locked => "LOCKED_BY_POSITION",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Permission(Overreach::Wider(_, limit)) => limits::field(limit),
            Self::Limit(why) => why.field(),
            Self::Permission(_) => &["permission"],
            Self::Person(_) | Self::Departed => &["subAccountId"],
            Self::Locked => &["constraints"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Permission(why) | Self::Person(why) => why.message(),
            Self::Departed => Text::new(
                "The sub-account has departed. Restore it first with restoreSubAccount.",
                "该子账号已离职,请先使用 restoreSubAccount 恢复。",
            ),
            Self::Limit(why) => why.message(),
            Self::Locked => Text::new(
                "The position has this permission locked, so it cannot be narrowed. Move the sub-account to another position.",
                "该权限由岗位锁定,不能附加限制,请调整岗位。",
            ),
        }
    }
}

impl Command for GrantPermission {
    const NAME: &'static str = "grantPermission";
    type Output = Granted;
    type Refusal = GrantRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Granted, Fault<GrantRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(PERMISSION_GRANT, Some(who)).await?;
        let who = permit.record();
        let entry = grantable(&self.permission).map_err(GrantRefusal::Permission).map_err(Fault::Refused)?;
        let position = change::position_in(tx, who.shop_id, who.position_id).await?;
        let reach = Reach::of(&permit.seat, tx.now);
        let refuse = |refusal| Err(Fault::Refused(refusal));
        if let Err(why) = reach.over(who.id, position.position.rank) {
            return refuse(GrantRefusal::Person(why));
        }
        if who.state == State::Departed {
            return refuse(GrantRefusal::Departed);
        }
        let limits = self.limits.read(permit.seat.currency, entry.money, tx.now);
        let limits = limits.map_err(GrantRefusal::Limit).map_err(Fault::Refused)?;
        if let Err(why) = reach.give(entry.number, &limits) {
            return refuse(GrantRefusal::Permission(why));
        }
        let mut holdings = Holdings::of(tx.conn, who, position.clone()).await?;
        if holdings.locked(entry.number) && !limits.is_empty() {
            return refuse(GrantRefusal::Locked);
        }
        let by = change::by(&permit);
        let grant = holdings.give(tx.conn, entry.number, limits, (&by, tx.now)).await?;
        let staffed = Staffed { sub_account: who.clone(), position, grants: holdings.standing() };
        let detail = json!({ "permission": entry.code, "grant": grant.id, "constraints": grant.constraints });
        tx.record_under(&permit, &who.id, detail);
        tx.emit(events::about_permission(events::GRANTED, who, entry.number, &by));
        Ok(Granted { grant, staffed })
    }
}
