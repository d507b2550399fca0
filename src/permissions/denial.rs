//! Denials that help (requirement 5.7): what is missing, what is left, when it resets, who can do it instead.

use diesel_async::AsyncPgConnection;

use super::actor::Seat;
use super::arbiter::{Said, Word};
use super::catalogue::{self, Number};
use super::constraints::{Use, Violation, clock_time};
use super::login::{Against, Under};
use super::{codes, holders};
use crate::kernel::fault::{Denial, PluginWord};
use crate::kernel::ids::{GrantId, ShopId};
use crate::kernel::{Currency, Fault, Instant, Money, Text};

/// The code of the permission to grant permissions.
pub const GRANT: Number = catalogue::number("permission.grant");

/// Why a service's code counts for nobody: the service is gone.
pub const DORMANT: &str = "PERMISSION_DORMANT";
/// The shop agreed to less risk than the code has now.
pub const CONSENT_NEEDED: &str = "CONSENT_NEEDED";
/// The shop does not have the service.
pub const NOT_SUBSCRIBED: &str = "NOT_SUBSCRIBED";

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
    if seat.set.is_restricted(now) {
        return Ok(uncertified(seat, permission));
    }
    if let Some((under, against)) = seat.shut(now) {
        return Ok(shut(&seat.name, permission, under, against));
    }
    let intended = Use::of_nothing(now, seat.zone);
    match seat.set.closed(permission, &intended) {
        Some((grant, violation)) => limited(conn, seat, permission, grant, &intended, violation).await,
        None => missing(conn, seat, permission).await,
    }
}

/// A denial because the sub-account was not certified in time (requirement 4.6).
#[must_use]
pub fn uncertified(seat: &Seat, permission: Number) -> Fault {
    let name = &seat.name;
    Fault::Denied(Box::new(Denial {
        reason: "NOT_CERTIFIED",
        permission: catalogue::code(permission).to_owned(),
        message: Some(Text::made(
            format!(
                "{name} was not certified in time and is restricted. Certify it with createCertificationCode; a manager with an \
                 account of their own certifies that account with certifyByDocument."
            ),
            format!(
                "{name} 未在期限内完成认证,已被限制。请通过 createCertificationCode 完成认证;使用自己账号的管理者请通过 certifyByDocument 认证其账号。"
            ),
        )),
        ..Denial::default()
    }))
}

/// A denial because the shop's log-in policy keeps a manager from acting with their own account's session now (requirement
/// 4.20); the reasons are those that a sub-account's log-in is refused with.
#[must_use]
pub fn shut(name: &str, permission: Number, under: Under<'_>, against: Against) -> Fault {
    Fault::Denied(Box::new(of_policy(name, permission, under, against)))
}

/// The denial of a log-in policy.
#[must_use]
pub fn of_policy(name: &str, permission: Number, under: Under<'_>, against: Against) -> Denial {
    Denial {
        reason: against.code(),
        permission: catalogue::code(permission).to_owned(),
        message: Some(under.message(name, against)),
        ..Denial::default()
    }
}

/// A denial because the seat does not hold the permission.
///
/// # Errors
/// The database's fault, when looking up who could help.
pub async fn missing(conn: &mut AsyncPgConnection, seat: &Seat, permission: Number) -> Result<Fault, Fault> {
    let code = catalogue::code(permission);
    if let Some(denial) = waiting(conn, seat.shop, permission).await? {
        return Ok(Fault::Denied(Box::new(denial)));
    }
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

/// Why a service's code does not count in a shop; `None` when it does, and for Kith's own.
///
/// # Errors
/// The database's fault.
pub async fn waiting(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    permission: Number,
) -> Result<Option<Denial>, diesel::result::Error> {
    if permission < catalogue::FIRST_DYNAMIC || codes::counting(conn, shop, None).await?.has(permission) {
        return Ok(None);
    }
    let entry = catalogue::by_number(permission);
    let code = catalogue::code(permission);
    let service = entry.and_then(|entry| entry.service.as_ref());
    let id = service.map_or("", |service| service.id);
    let (reason, message) = if service.is_none_or(|service| !service.active) {
        (
            DORMANT,
            Text::made(
                format!(
                    "The service {id} is gone, so {code} counts for nobody. What was granted waits until it is back."
                ),
                format!("服务 {id} 已移除,{code} 对任何人无效;授权保留,待服务恢复后生效。"),
            ),
        )
    } else if codes::has_service(conn, shop, id).await? {
        (
            CONSENT_NEEDED,
            Text::made(
                format!(
                    "{code} became riskier than it was when the shop agreed to it. The main account must agree again."
                ),
                format!("{code} 的风险等级已提高,需主账号重新确认。"),
            ),
        )
    } else {
        (
            NOT_SUBSCRIBED,
            Text::made(
                format!(
                    "The shop has not subscribed to {id}, so {code} counts for nobody. The main account can subscribe."
                ),
                format!("店铺未订购服务 {id},{code} 对任何人无效。请由主账号订购。"),
            ),
        )
    };
    Ok(Some(Denial { reason, permission: code.to_owned(), message: Some(message), ..Denial::default() }))
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

/// A denial because a plugin says no, or does not answer. It names the plugin and its reason; nobody else could do it
/// either, so nobody is named.
#[must_use]
pub fn ruled(permission: Number, word: &Word) -> Fault {
    Fault::Denied(Box::new(of_word(permission, word)))
}

/// The denial of a plugin's word.
#[must_use]
pub fn of_word(permission: Number, word: &Word) -> Denial {
    let (en, zh) = (&word.by.name.en, &word.by.name.zh);
    let (reason, message) = match (word.said, &word.reason) {
        (Said::Nothing(_), _) => (
            "SERVICE_UNAVAILABLE",
            Text::made(
                format!("The service {en} does not answer, so nothing was done. Try again shortly."),
                format!("服务“{zh}”暂不可用,未做任何操作,请稍后重试。"),
            ),
        ),
        (_, Some(why)) => (
            "PLUGIN_DENIED",
            Text::made(format!("{en} does not allow it: \"{}\"", why.en), format!("“{zh}”不允许此操作:“{}”", why.zh)),
        ),
        (_, None) => ("PLUGIN_DENIED", Text::made(format!("{en} does not allow it."), format!("“{zh}”不允许此操作。"))),
    };
    Denial {
        reason,
        permission: catalogue::code(permission).to_owned(),
        message: Some(message),
        plugin: Some(shown(word)),
        ..Denial::default()
    }
}

/// A denial because a limit that a plugin's yes came with stands in the way.
#[must_use]
pub fn obliged(seat: &Seat, permission: Number, word: &Word, intended: &Use, violation: Violation) -> Fault {
    Fault::Denied(Box::new(of_limit(seat.currency, permission, word, intended, violation)))
}

/// The denial of a limit that a plugin's yes came with.
#[must_use]
pub fn of_limit(currency: Currency, permission: Number, word: &Word, intended: &Use, violation: Violation) -> Denial {
    let mut denial = describe(violation, currency, intended);
    catalogue::code(permission).clone_into(&mut denial.permission);
    denial.message = denial.message.map(|text| {
        Text::made(format!("{}: {}", word.by.name.en, text.en), format!("{}:{}", word.by.name.zh, text.zh))
    });
    denial.plugin = Some(shown(word));
    denial
}

/// The denial of somebody with several seats, one of which would do: the last seat's, and none if one has none.
#[must_use]
pub fn of_all(denials: Vec<Option<Denial>>) -> Option<Denial> {
    denials.into_iter().reduce(|one, other| one.and(other)).flatten()
}

fn shown(word: &Word) -> PluginWord {
    PluginWord {
        id: word.by.plugin.clone(),
        version: word.by.version.clone(),
        reason_code: word.reason_code,
        reason: word.reason.clone(),
    }
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
        Violation::OffShift { next: Some(next) } => {
            let (from, until) = next.words(intended.zone);
            denial.resets_at = Some(local(next.from));
            (
                "OFF_SHIFT",
                format!("It may be used while on shift only: on shift from {from} to {until} ({}).", intended.zone),
                format!("仅可在当班时使用:当班时间为 {from} 至 {until}({})。", intended.zone),
            )
        }
        Violation::OffShift { next: None } => (
            "OFF_SHIFT",
            "It may be used while on shift only, and no shift is on the roster. Ask whoever manages the roster for setRoster."
                .to_owned(),
            "仅可在当班时使用,当前没有任何排班。请联系排班管理员通过 setRoster 设置。".to_owned(),
        ),
        Violation::Expired { at } => {
            ("GRANT_EXPIRED", format!("The grant ended at {}.", local(at)), format!("授权已于 {} 到期。", local(at)))
        }
        Violation::StepUp { above } => {
            denial.limit = Some(money(above).decimal());
            denial.step_up = Some(STEP_UP);
            denial.step_up_factors = vec![STEP_UP];
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
