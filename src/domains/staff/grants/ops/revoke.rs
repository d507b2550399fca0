//! `revokePermission`: takes a permission away, wherever it comes from, or lifts a denial.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::staff::grants::edit::Holdings;
use crate::domains::staff::grants::model::{Effect, Grant};
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::PERMISSION_GRANT;
use crate::domains::staff::reach::{Overreach, Reach, grantable};
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::{change, events, manage};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{GrantId, SubAccountId};
use crate::kernel::{Fault, Text};
use crate::permissions::Number;
use crate::permissions::catalogue::code;

/// What is to be taken.
#[derive(Debug, Serialize)]
pub enum What {
    /// What this grant gives; a denial is lifted.
    Grant(GrantId),
    /// A permission by its code, from somebody.
    Permission(SubAccountId, String),
}

/// Takes a permission away.
#[derive(Debug, Serialize)]
pub struct RevokePermission {
    /// What.
    pub what: What,
}

/// The sub-account afterwards.
#[derive(Debug, Serialize, Deserialize)]
pub struct Revoked {
    /// The sub-account.
    pub staffed: Staffed,
    /// The denial that stands in the way of what the position gives, if it was needed.
    pub denial: Option<Grant>,
}

/// Why nothing is taken.
#[derive(Debug)]
pub enum RevokeRefusal {
    /// The code is not one that staff can hold.
    Permission(Overreach),
    /// From the wrong person (requirement 5.2).
    Person(Overreach),
    /// The position has it locked (requirement 4.2).
    Locked,
    /// The sub-account does not hold it.
    NotHeld,
    /// Nobody could manage it (requirement 5.3).
    Unmanaged(Vec<Number>),
}

impl Refusal for RevokeRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Permission(why) | Self::Person(why) => why.code(),
            Self::Locked => "LOCKED_BY_POSITION",
            Self::NotHeld => "NOT_GRANTED",
            Self::Unmanaged(_) => manage::UNMANAGED,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Permission(_) | Self::Locked | Self::NotHeld => &["permission"],
            Self::Person(_) => &["subAccountId"],
            Self::Unmanaged(_) => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Permission(why) | Self::Person(why) => why.message(),
            Self::Locked => Text::new(
                "The position has this permission locked, so it cannot be taken away. Move the sub-account to another position.",
                "该权限由岗位锁定,不可收回,请调整岗位。",
            ),
            Self::NotHeld => Text::new(
                "The sub-account does not hold this permission; nothing was changed.",
                "该子账号没有此权限,未做任何修改。",
            ),
            Self::Unmanaged(left) => manage::refusal(left),
        }
    }
}

impl Command for RevokePermission {
    const NAME: &'static str = "revokePermission";
    type Output = Revoked;
    type Refusal = RevokeRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Revoked, Fault<RevokeRefusal>> {
        let (who, grant) = self.find(tx).await?;
        let permit = tx.permit(PERMISSION_GRANT, Some(who)).await?;
        let who = permit.record();
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let number = match (&self.what, &grant) {
            (What::Permission(_, code), _) => match grantable(code) {
                Ok(entry) => entry.number,
                Err(why) => return refuse(RevokeRefusal::Permission(why)),
            },
            (What::Grant(id), None) => return Err(Fault::internal(format!("{id} was found and is not there"))),
            (What::Grant(_), Some(grant)) => grant.permission,
        };
        let position = change::position_in(tx, who.shop_id, who.position_id).await?;
        let reach = Reach::of(&permit.seat, tx.now);
        if let Err(why) = reach.over(who.id, position.position.rank) {
            return refuse(RevokeRefusal::Person(why));
        }
        if who.state == State::Departed {
            return refuse(RevokeRefusal::NotHeld);
        }
        let before = manage::unmanaged(tx.conn, who.shop_id).await?;
        let by = change::by(&permit);
        let mut holdings = Holdings::of(tx.conn, who, position.clone()).await?;
        let denial = match grant {
            // To lift a denial is to give: what the position gives comes without limits.
            Some(grant) if grant.effect == Effect::Deny => {
                if let Err(why) = reach.give_all([number].into_iter().filter(|n| position.given(*n).is_some())) {
                    return refuse(RevokeRefusal::Permission(why));
                }
                holdings.end(tx.conn, number, (&by, tx.now)).await?;
                None
            }
            _ if holdings.locked(number) => return refuse(RevokeRefusal::Locked),
            // What has lapsed is still on the list and can be cleared away.
            _ if !holdings.holds(number, tx.now) && holdings.grant(number).is_none_or(|g| g.effect == Effect::Deny) => {
                return refuse(RevokeRefusal::NotHeld);
            }
            _ => holdings.take(tx.conn, number, (&by, tx.now)).await?,
        };
        let left = manage::unmanaged_after(tx.conn, who.shop_id, &before).await?;
        if !left.is_empty() {
            return refuse(RevokeRefusal::Unmanaged(left));
        }
        let staffed = Staffed { sub_account: who.clone(), position, grants: holdings.standing() };
        let detail = json!({ "permission": code(number), "denial": denial.as_ref().map(|d| d.id) });
        tx.record_under(&permit, &who.id, detail);
        tx.emit(events::about_permission(events::REVOKED, who, number, &by));
        Ok(Revoked { staffed, denial })
    }
}

impl RevokePermission {
    async fn find(&self, tx: &mut Tx<'_>) -> Result<(SubAccount, Option<Grant>), Fault<RevokeRefusal>> {
        match &self.what {
            What::Grant(id) => change::grant(tx, *id).await.map(|(grant, who)| (who, Some(grant))),
            What::Permission(id, _) => Ok((change::sub_account(tx, *id).await?, None)),
        }
    }
}
