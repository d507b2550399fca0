//! Denials that help (requirement 5.7): what is missing, what is left, when it resets, who can do it instead.

use diesel_async::AsyncPgConnection;

use super::actor::Seat;
use super::catalogue::{self, Number};
use super::constraints::{Use, Violation, clock_time};
use super::holders;
use crate::kernel::fault::Denial;
use crate::kernel::ids::GrantId;
use crate::kernel::{Currency, Fault, Instant, Money, Text};

/// The code of the permission to grant permissions.
pub const GRANT: Number = catalogue::number("permission.grant");

/// The step-up that Kith asks for.
pub const STEP_UP: &str = "PASSWORD";

/// A denial by a field's guard: the seat does not hold the permission, or its limits let nobody use it at `now`.
///
/// # Errors
/// The database's fault, when looking up who could help.
pub async fn guarded(
    conn: &mut AsyncPgConnection,
    seat: &Seat,
    permission: Number,
    now: Instant,
) -> Result<Fault, Fault> {
    let intended = Use::of_nothing(now, seat.zone);
    match seat.set.closed(permission, &intended) {
        Some((grant, violation)) => limited(conn, seat, permission, grant, &intended, violation).await,
        None => missing(conn, seat, permission).await,
    }
}

/// A denial because the seat does not hold the permission.
///
/// # Errors
/// The database's fault, when looking up who could help.
pub async fn missing(conn: &mut AsyncPgConnection, seat: &Seat, permission: Number) -> Result<Fault, Fault> {
    let code = catalogue::code(permission);
    let people = holders::helpers(conn, seat, permission, None).await?;
    let (title_en, title_zh) = catalogue::by_number(permission).map_or((code, code), |e| (&*e.title.en, &*e.title.zh));
    let ask = |en: bool| match (people.can_grant.first(), en) {
        (Some(who), true) => format!(" Ask {who} to grant it."),
        (Some(who), false) => format!("请联系 {who} 授权。"),
        (None, true) => " It cannot be granted to sub-accounts.".to_owned(),
        (None, false) => "该权限不可授予子账号。".to_owned(),
    };
    let message = Text::made(
        format!("{} lacks the permission \"{title_en}\" ({code}).{}", seat.name, ask(true)),
        format!("{} 缺少权限“{title_zh}”({code})。{}", seat.name, ask(false)),
    );
    Ok(Fault::Denied(Box::new(Denial {
        reason: "PERMISSION_MISSING",
        permission: code.to_owned(),
        message: Some(message),
        can_approve: people.can_do,
        can_grant: people.can_grant,
        ..Denial::default()
    })))
}

/// A denial because a limit of the grant stands in the way.
///
/// # Errors
/// The database's fault, when looking up who could help.
pub async fn limited(
    conn: &mut AsyncPgConnection,
    seat: &Seat,
    permission: Number,
    grant: GrantId,
    intended: &Use,
    violation: Violation,
) -> Result<Fault, Fault> {
    let people = holders::helpers(conn, seat, permission, intended.amount).await?;
    let mut denial = describe(violation, seat.currency, intended);
    denial.permission = catalogue::code(permission).to_owned();
    denial.grant = Some(grant.to_string());
    denial.can_approve = people.can_do;
    denial.can_grant = people.can_grant;
    Ok(Fault::Denied(Box::new(denial)))
}

/// A denial that names the permission and nobody who could help: the shop is not known.
#[must_use]
pub fn bare(number: Number) -> Denial {
    let code = catalogue::code(number);
    let (en, zh) = catalogue::by_number(number).map_or((code, code), |e| (&*e.title.en, &*e.title.zh));
    Denial {
        reason: "PERMISSION_MISSING",
        permission: code.to_owned(),
        message: Some(Text::made(
            format!("The permission \"{en}\" ({code}) is missing."),
            format!("缺少权限“{zh}”({code})。"),
        )),
        ..Denial::default()
    }
}

/// The words and figures of a violation.
#[must_use]
pub fn describe(violation: Violation, currency: Currency, intended: &Use) -> Denial {
    let money = |minor| Money::new(minor, currency);
    let asked = money(intended.amount.unwrap_or(0));
    let local = |at: Instant| at.with_timezone(&intended.zone).to_rfc3339();
    let mut denial = Denial::default();
    let (reason, en, zh) = match violation {
        Violation::PerAction { limit } => {
            denial.limit = Some(money(limit).decimal());
            (
                "LIMIT_PER_ACTION",
                format!("{asked} is more than the {} that one use may move.", money(limit)),
                format!("{asked} 超过单笔上限 {}。", money(limit)),
            )
        }
        Violation::PerDay { limit, used, resets_at } => {
            let left = money((limit - used).max(0));
            denial.limit = Some(money(limit).decimal());
            denial.remaining = Some(left.decimal());
            denial.resets_at = Some(local(resets_at));
            (
                "LIMIT_PER_DAY",
                format!("{asked} is more than what is left today: {left} of {}.", money(limit)),
                format!("{asked} 超过今日剩余额度 {left}(每日上限 {})。", money(limit)),
            )
        }
        Violation::PerMonth { limit, used, resets_at } => {
            let left = money((limit - used).max(0));
            denial.limit = Some(money(limit).decimal());
            denial.remaining = Some(left.decimal());
            denial.resets_at = Some(local(resets_at));
            (
                "LIMIT_PER_MONTH",
                format!("{asked} is more than what is left this month: {left} of {}.", money(limit)),
                format!("{asked} 超过本月剩余额度 {left}(每月上限 {})。", money(limit)),
            )
        }
        Violation::CountPerDay { limit, used, resets_at } => {
            denial.limit = Some(limit.to_string());
            denial.remaining = Some((limit - used).max(0).to_string());
            denial.resets_at = Some(local(resets_at));
            (
                "LIMIT_COUNT_PER_DAY",
                format!("It was used {used} times today; {limit} are allowed."),
                format!("今日已使用 {used} 次,上限 {limit} 次。"),
            )
        }
        Violation::Hours { hours } => {
            let (from, until) = (clock_time(hours.from), clock_time(hours.until));
            (
                "OUTSIDE_HOURS",
                format!("It may be used from {from} to {until} ({}) only.", intended.zone),
                format!("仅可在 {from} 至 {until} 使用({})。", intended.zone),
            )
        }
        Violation::Expired { at } => {
            ("GRANT_EXPIRED", format!("The grant ended at {}.", local(at)), format!("授权已于 {} 到期。", local(at)))
        }
        Violation::StepUp { above } => {
            denial.limit = Some(money(above).decimal());
            denial.step_up = Some(STEP_UP);
            (
                "STEP_UP_REQUIRED",
                format!("Above {} the session must be confirmed first: call stepUp.", money(above)),
                format!("超过 {} 需要先验证身份:请调用 stepUp。", money(above)),
            )
        }
    };
    denial.reason = reason;
    denial.message = Some(Text::made(en, zh));
    denial
}
