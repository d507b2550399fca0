//! Requirement 5.2 in one place: nobody grants what they do not hold, or to themselves, or to someone above them.
//!
//! Every command that gives or takes asks here: grants, positions, moves, new and restored sub-accounts.

use crate::kernel::ids::SubAccountId;
use crate::kernel::{Instant, Text};
use crate::permissions::catalogue::{self, Entry, Holder};
use crate::permissions::{Constraints, Number, Seat};

/// Why somebody reaches too far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overreach {
    /// The catalogue has no such code.
    Unknown,
    /// The main account's alone (requirements 4.12 and 4.13).
    MainOnly(&'static str),
    /// The platform's own.
    PlatformOnly(&'static str),
    /// It groups others and cannot be held.
    Heading(&'static str),
    /// Its service was removed (requirement 5.9).
    Dormant(&'static str),
    /// The shop does not have its service, or has not agreed to its risk: the code, the service.
    NotSubscribed(&'static str, &'static str),
    /// High-risk ones are granted one by one, never by a position (requirement 4.14).
    HighRisk(&'static str),
    /// The giver does not hold it.
    NotHeld(&'static str),
    /// The giver holds it within limits, and this goes beyond: the limit's name.
    Wider(&'static str, &'static str),
    /// To oneself.
    Oneself,
    /// To somebody above, or into a position above.
    Above,
    /// To somebody who stands as high, where only those below can be meant.
    Level,
}

impl Overreach {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN_PERMISSION",
            Self::MainOnly(_) => "MAIN_ACCOUNT_ONLY",
            Self::PlatformOnly(_) => "PLATFORM_ONLY",
            Self::Heading(_) => "HEADING",
            Self::Dormant(_) => "PERMISSION_DORMANT",
            Self::NotSubscribed(..) => "NOT_SUBSCRIBED",
            Self::HighRisk(_) => "HIGH_RISK",
            Self::NotHeld(_) => "PERMISSION_NOT_HELD",
            Self::Wider(..) => "WIDER_THAN_OWN",
            Self::Oneself => "ONESELF",
            Self::Above => "ABOVE_OWN_RANK",
            Self::Level => "NOT_BELOW_OWN_RANK",
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            Self::Unknown => Text::new(
                "There is no such permission. permissionCatalog lists the codes.",
                "没有该权限,请通过 permissionCatalog 查询权限代码。",
            ),
            Self::MainOnly(code) => Text::made(
                format!("{code} belongs to the main account alone and can never be granted."),
                format!("{code} 仅主账号可用,不可授予子账号。"),
            ),
            Self::PlatformOnly(code) => Text::made(
                format!("{code} belongs to the platform's operators and cannot be granted in a shop."),
                format!("{code} 为平台权限,店铺不可授予。"),
            ),
            Self::Heading(code) => Text::made(
                format!("{code} is a heading: grant the permissions below it."),
                format!("{code} 是权限分组,请授予其下的具体权限。"),
            ),
            Self::Dormant(code) => Text::made(
                format!(
                    "The service of {code} was removed. What was granted waits until it is back; nothing new can be granted."
                ),
                format!("{code} 所属的服务已移除,已有授权保留至服务恢复,暂不可新增授权。"),
            ),
            Self::NotSubscribed(code, service) => Text::made(
                format!(
                    "{code} belongs to {service}, which the shop has not subscribed to, or whose risk it has not agreed to. Call subscribeService first."
                ),
                format!("{code} 属于服务 {service},店铺尚未订购或未确认其风险,请先调用 subscribeService。"),
            ),
            Self::HighRisk(code) => Text::made(
                format!("{code} is high-risk: grant it to a sub-account by itself with grantPermission."),
                format!("{code} 为高危权限,不能放入岗位,请使用 grantPermission 单独授权。"),
            ),
            Self::NotHeld(code) => Text::made(
                format!("You do not hold {code} yourself, so you cannot give it. Ask the main account."),
                format!("您自己没有 {code} 权限,不能授予他人,请联系主账号。"),
            ),
            Self::Wider(code, limit) => Text::made(
                format!("You hold {code} within limits of your own. Set {limit} no wider than yours."),
                format!("您的 {code} 权限有限制,{limit} 不能超过您自己的限制。"),
            ),
            Self::Oneself => Text::new(
                "Nobody changes their own permissions, position or access. Ask somebody above.",
                "不能修改自己的权限、岗位或状态,请联系上级。",
            ),
            Self::Above => Text::new(
                "This sub-account or position stands above yours. Ask the main account.",
                "该子账号或岗位级别高于您,请联系主账号。",
            ),
            Self::Level => Text::new(
                "This sub-account stands as high as you do. Ask the main account, or somebody above both.",
                "该子账号与您级别相同,请联系主账号或更高级别的人员。",
            ),
        }
    }
}

/// The entry of a code that can be given to staff.
///
/// # Errors
/// Unknown, the main account's alone, or the platform's.
pub fn grantable(code: &str) -> Result<&'static Entry, Overreach> {
    let entry = catalogue::by_code(code).ok_or(Overreach::Unknown)?;
    match entry.holder {
        Holder::Staff => Ok(entry),
        Holder::MainOnly => Err(Overreach::MainOnly(entry.code)),
        Holder::Platform => Err(Overreach::PlatformOnly(entry.code)),
        Holder::Nobody => Err(Overreach::Heading(entry.code)),
    }
}

/// How far a seat reaches at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    seat: &'a Seat,
    now: Instant,
}

impl<'a> Reach<'a> {
    /// The reach of `seat` at `now`. The seat is the permit's, so it is as fresh as the transaction.
    #[must_use]
    pub fn of(seat: &'a Seat, now: Instant) -> Self {
        Self { seat, now }
    }

    /// Whether it reaches a sub-account that stands at `rank`.
    ///
    /// # Errors
    /// Oneself, or above.
    pub fn over(self, target: SubAccountId, rank: i32) -> Result<(), Overreach> {
        if self.seat.sub_account == Some(target) {
            return Err(Overreach::Oneself);
        }
        self.up_to(rank)
    }

    /// Whether it reaches up to `rank`.
    ///
    /// # Errors
    /// Above.
    pub fn up_to(self, rank: i32) -> Result<(), Overreach> {
        if rank > self.seat.rank { Err(Overreach::Above) } else { Ok(()) }
    }

    /// Whether it stands above whoever stands at `rank`.
    ///
    /// # Errors
    /// Above, or as high.
    pub fn above(self, rank: i32) -> Result<(), Overreach> {
        self.up_to(rank)?;
        if rank == self.seat.rank { Err(Overreach::Level) } else { Ok(()) }
    }

    /// Whether `number` may be given within `limits`.
    ///
    /// # Errors
    /// Not held (any more), or held within narrower limits.
    pub fn give(self, number: Number, limits: &Constraints) -> Result<(), Overreach> {
        let code = catalogue::code(number);
        if !self.seat.set.has(number) {
            return Err(match catalogue::by_number(number).and_then(|entry| entry.service.as_ref()) {
                Some(service) if !service.active => Overreach::Dormant(code),
                Some(service) if self.seat.is_main() => Overreach::NotSubscribed(code, service.id),
                _ => Overreach::NotHeld(code),
            });
        }
        let Some(held) = self.seat.set.held(number) else { return Ok(()) };
        if held.constraints.valid_until.is_some_and(|until| self.now >= until) {
            return Err(Overreach::NotHeld(code));
        }
        limits.within(&held.constraints).map_err(|limit| Overreach::Wider(code, limit))
    }

    /// Whether all of a position's permissions may be given: they come without limits.
    ///
    /// # Errors
    /// As [`Reach::give`], for the first that may not.
    pub fn give_all(self, numbers: impl IntoIterator<Item = Number>) -> Result<(), Overreach> {
        numbers.into_iter().try_for_each(|number| self.give(number, &Constraints::default()))
    }
}
