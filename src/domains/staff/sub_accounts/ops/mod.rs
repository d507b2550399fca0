//! The commands on sub-accounts, one a file.

pub mod answer;
pub mod create;
pub mod depart;
pub mod invite;
pub mod reset_password;
pub mod restore;

use chrono::TimeDelta;

use super::model::{State, SubAccount};
use super::store;
use crate::command::Tx;
use crate::domains::staff::names::BadName;
use crate::domains::staff::reach::Overreach;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::ShopId;
use crate::kernel::{Instant, Text};

/// Why nobody is added to the staff: shared by `createSubAccount` and `inviteManager`.
#[derive(Debug)]
pub enum NewcomerRefusal {
    /// The name cannot be one.
    Name(BadName),
    /// The display name cannot be one.
    DisplayName(BadName),
    /// Somebody has the name, departed or not (requirement 4.4).
    Taken(Box<SubAccount>),
    /// A sub-account of another shop of the main account logs in by it (requirement 4.11).
    TakenElsewhere,
    /// The shop has as many as it may.
    Full(Full),
    /// The position stands above, or gives what one does not hold (requirements 4.1, 5.2).
    Position(Overreach),
    /// There is no account with the log-in name.
    NoAccount,
    /// The account is the shop's own.
    OwnAccount,
    /// The account works for the shop already, or was asked: under this name.
    AlreadyStaff(String),
}

impl Refusal for NewcomerRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Name(why) | Self::DisplayName(why) => why.code(),
            Self::Taken(_) => "NAME_TAKEN",
            Self::TakenElsewhere => "NAME_TAKEN_IN_OTHER_SHOP",
            Self::Full(_) => Full::CODE,
            Self::Position(why) => why.code(),
            Self::NoAccount => "ACCOUNT_UNKNOWN",
            Self::OwnAccount => "OWN_ACCOUNT",
            Self::AlreadyStaff(_) => "ALREADY_STAFF",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Name(_) | Self::Taken(_) | Self::TakenElsewhere => &["name"],
            Self::Full(_) => &[],
            Self::DisplayName(_) => &["displayName"],
            Self::Position(_) => &["positionId"],
            Self::NoAccount | Self::OwnAccount | Self::AlreadyStaff(_) => &["login"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Name(why) | Self::DisplayName(why) => why.message(),
            Self::Taken(holder) => taken(holder),
            Self::TakenElsewhere => Text::new(
                "Another shop of this main account has a sub-account of this name, and both would log in as main:sub. Choose another \
                 name.",
                "同一主账号的其他店铺已有同名子账号,两者的登录名(主账号:子账号)将相同,请更换名称。",
            ),
            Self::Full(full) => full.message(),
            Self::Position(why) => why.message(),
            Self::NoAccount => Text::new(
                "There is no active account with this log-in name. Ask the person how they log in.",
                "没有使用该登录名的有效账号,请与对方确认。",
            ),
            Self::OwnAccount => {
                Text::new("This account owns the shop: it needs no invitation.", "该账号为店铺主账号,无需邀请。")
            }
            Self::AlreadyStaff(name) => Text::made(
                format!("This account works for the shop already, or was asked, as {name}."),
                format!("该账号已是本店员工或已被邀请,名称为 {name}。"),
            ),
        }
    }
}

/// Until when whoever begins now has to be certified (requirement 4.6).
fn certify_by(tx: &Tx<'_>) -> Instant {
    tx.now + TimeDelta::days(i64::from(tx.env.certification.staff_days))
}

/// A shop that has as many sub-accounts as it may.
#[derive(Debug, Clone, Copy)]
pub struct Full {
    most: u32,
}

impl Full {
    /// The stable code.
    pub const CODE: &'static str = "SHOP_FULL";

    /// Looks whether one more may come, behind the lock of the shop. Those who departed do not count, those who were asked do: so
    /// whoever accepts has their place.
    ///
    /// # Errors
    /// The database's fault.
    pub(super) async fn of(tx: &mut Tx<'_>, shop: ShopId) -> Result<Option<Self>, diesel::result::Error> {
        let most = tx.env.staff.most_sub_accounts;
        Ok((store::count(tx.conn, shop).await? >= i64::from(most)).then_some(Self { most }))
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn message(self) -> Text {
        let most = self.most;
        Text::made(
            format!("The shop has {most} sub-accounts, which is as many as it may have. Let somebody depart first."),
            format!("本店子账号数量已达上限({most} 个),请先将离职人员的子账号设为离职。"),
        )
    }
}

/// Who has a name, and what to do about it.
fn taken(holder: &SubAccount) -> Text {
    let (name, shown, id) = (&holder.name, &holder.display_name, holder.id);
    match holder.state {
        State::Departed => Text::made(
            format!(
                "{shown} ({name}, {id}) had this name and has departed. Names stay taken: restore them with \
                 restoreSubAccount, or choose another name."
            ),
            format!(
                "该名称属于离职员工 {shown}({name},{id})。名称不可重复使用,请使用 restoreSubAccount 恢复,或更换名称。"
            ),
        ),
        State::Active | State::Invited => Text::made(
            format!("{shown} ({name}, {id}) has this name. Choose another."),
            format!("该名称已被 {shown}({name},{id})使用,请更换。"),
        ),
    }
}
