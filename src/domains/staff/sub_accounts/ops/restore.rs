//! `restoreSubAccount`: takes somebody back who departed, under the same name, with a new password and without the
//! personal grants of before. A manager with an account of their own is asked again.

use serde::Serialize;
use serde_json::json;

use super::create::may_fill;
use super::{Full, certify_by};
use crate::command::{Command, Tx};
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::SUB_ACCOUNT_CREATE;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::sub_accounts::model::{State, SubAccount};
use crate::domains::staff::sub_accounts::store;
use crate::domains::staff::{change, events};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{PositionId, SubAccountId};
use crate::kernel::{Fault, Text};

/// Restores a departed sub-account.
#[derive(Debug, Serialize)]
pub struct RestoreSubAccount {
    /// Whom.
    pub sub_account: SubAccountId,
    /// Its position from now on; the last one when it is left out.
    pub position: Option<PositionId>,
    /// The hash of its new password.
    #[serde(skip_serializing)]
    pub password_hash: Option<String>,
}

/// Why nobody is restored.
#[derive(Debug)]
pub enum RestoreRefusal {
    /// Not departed.
    NotDeparted,
    /// The wrong person (requirement 5.2).
    Person(Overreach),
    /// The position stands above, or gives what one does not hold (requirement 5.2).
    Position(Overreach),
    /// A sub-account comes back with a new password.
    PasswordMissing,
    /// A manager logs in with an account of their own.
    PasswordUnwanted,
    /// The manager's account has another seat in the shop by now.
    AlreadyStaff(String),
    /// The shop has as many as it may.
    Full(Full),
}

impl Refusal for RestoreRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotDeparted => "NOT_DEPARTED",
            Self::Person(why) | Self::Position(why) => why.code(),
            Self::PasswordMissing => "PASSWORD_MISSING",
            Self::PasswordUnwanted => "PASSWORD_UNWANTED",
            Self::AlreadyStaff(_) => "ALREADY_STAFF",
            Self::Full(_) => Full::CODE,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NotDeparted | Self::Person(_) | Self::AlreadyStaff(_) => &["subAccountId"],
            Self::Position(_) => &["positionId"],
            Self::PasswordMissing | Self::PasswordUnwanted => &["password"],
            Self::Full(_) => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NotDeparted => {
                Text::new("The sub-account has not departed; nothing was changed.", "该子账号未离职,未做任何修改。")
            }
            Self::Person(why) | Self::Position(why) => why.message(),
            Self::PasswordMissing => {
                Text::new("A sub-account comes back with a new password. Give one.", "恢复子账号需要设置新密码。")
            }
            Self::PasswordUnwanted => Text::new(
                "This manager logs in with an account of their own and is asked again. Leave the password out.",
                "该管理者使用自己的账号登录,将重新发出邀请,请勿填写密码。",
            ),
            Self::AlreadyStaff(name) => Text::made(
                format!("The manager's account works for the shop already, or was asked, as {name}."),
                format!("该管理者的账号已是本店员工或已被邀请,名称为 {name}。"),
            ),
            Self::Full(full) => full.message(),
        }
    }
}

impl Command for RestoreSubAccount {
    const NAME: &'static str = "restoreSubAccount";
    type Output = Staffed;
    type Refusal = RestoreRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Staffed, Fault<RestoreRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(SUB_ACCOUNT_CREATE, Some(who)).await?;
        let who = permit.record();
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let reach = Reach::of(&permit.seat, tx.now);
        let last = change::position_in(tx, who.shop_id, who.position_id).await?;
        if let Err(why) = reach.over(who.id, last.position.rank) {
            return refuse(RestoreRefusal::Person(why));
        }
        if who.state != State::Departed {
            return refuse(RestoreRefusal::NotDeparted);
        }
        let position = match self.position {
            Some(id) => change::position_in(tx, who.shop_id, id).await?,
            None => last,
        };
        if let Err(why) = may_fill(reach, &position) {
            return refuse(RestoreRefusal::Position(why));
        }
        let state = self.state(tx, who).await?;
        if let Some(full) = Full::of(tx, who.shop_id).await? {
            return refuse(RestoreRefusal::Full(full));
        }
        // Whoever was not certified gets the time for it anew.
        let certify_by = who.certify_by.map(|_| certify_by(tx));
        let back =
            SubAccount { state, departed_at: None, position_id: position.position.id, certify_by, ..who.clone() };
        store::update(tx.conn, &back, self.password_hash.as_deref()).await?;
        if state == State::Active {
            store::assign(tx.conn, &back, tx.now).await?;
        }
        tx.record_under(&permit, &back.id, json!({ "name": back.name, "position": back.position_id }));
        tx.emit(events::about(if state == State::Active { events::RESTORED } else { events::INVITED }, &back));
        Ok(Staffed { sub_account: back, position, grants: Vec::new() })
    }
}

impl RestoreSubAccount {
    /// The state that the sub-account comes back to.
    async fn state(&self, tx: &mut Tx<'_>, who: &SubAccount) -> Result<State, Fault<RestoreRefusal>> {
        let refuse = |refusal| Err(Fault::Refused(refusal));
        match (who.linked_account_id, &self.password_hash) {
            (None, Some(_)) => Ok(State::Active),
            (None, None) => refuse(RestoreRefusal::PasswordMissing),
            (Some(_), Some(_)) => refuse(RestoreRefusal::PasswordUnwanted),
            (Some(account), None) => match store::of_account(tx.conn, who.shop_id, account).await? {
                Some(other) => refuse(RestoreRefusal::AlreadyStaff(other.name)),
                None => Ok(State::Invited),
            },
        }
    }
}
