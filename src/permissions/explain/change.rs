//! The smallest change that would turn a no into a yes.

use super::{Change, Question};
use crate::kernel::fault::Denial;
use crate::kernel::{Money, Text};
use crate::permissions::catalogue::{Entry, Holder};
use crate::permissions::constraints::{Violation, clock_time};
use crate::permissions::denial::{self, STEP_UP};
use crate::permissions::quota::Usage;
use crate::permissions::store::GrantRow;

/// To hold it at all.
pub(super) fn grant(question: &Question, entry: &Entry, grant: Option<&GrantRow>) -> Change {
    let (kind, en, zh) = match (entry.holder, grant) {
        (Holder::MainOnly | Holder::Platform | Holder::Nobody, _) => (
            "ASK_MAIN_ACCOUNT",
            format!("{} can never be granted to a sub-account; the main account must do it.", entry.code),
            format!("{} 不可授予子账号,请由主账号操作。", entry.code),
        ),
        (Holder::Staff, Some(denial)) if !denial.allows => (
            "REVOKE_DENIAL",
            format!("Revoke the grant {} that takes {} away.", denial.id, entry.code),
            format!("撤销收回 {} 的授权 {}。", entry.code, denial.id),
        ),
        (Holder::Staff, _) => (
            "GRANT",
            format!("Grant {} to {}.", entry.code, question.name),
            format!("将 {} 授予 {}。", entry.code, question.name),
        ),
    };
    Change { kind, text: Text::made(en, zh), constraint: None, value: None }
}

/// To a limit that stands in the way.
pub(super) fn limit(question: &Question, violation: Violation, used: &Usage) -> Change {
    let asked = question.intended.amount.unwrap_or(0);
    let decimal = |minor| Money::new(minor, question.currency).decimal();
    let raise = |constraint: &'static str, value: String| Change {
        kind: "RAISE_LIMIT",
        text: Text::made(
            format!("Raise {constraint} of the grant to {value}."),
            format!("将授权的 {constraint} 提高到 {value}。"),
        ),
        constraint: Some(constraint),
        value: Some(value),
    };
    match violation {
        Violation::PerAction { .. } => raise("perAction", decimal(asked)),
        Violation::PerDay { .. } => raise("perDay", decimal(used.day_amount.saturating_add(asked))),
        Violation::PerMonth { .. } => raise("perMonth", decimal(used.month_amount.saturating_add(asked))),
        Violation::CountPerDay { .. } => raise("countPerDay", (used.day_uses + 1).to_string()),
        Violation::Hours { .. } => {
            let local = question.intended.now.with_timezone(&question.intended.zone);
            let minute =
                u16::try_from(chrono::Timelike::hour(&local) * 60 + chrono::Timelike::minute(&local)).unwrap_or(0);
            let value = clock_time(minute);
            Change {
                kind: "WIDEN_HOURS",
                text: Text::made(
                    format!("Widen the hours of the grant to include {value}."),
                    format!("将授权时段放宽到包含 {value}。"),
                ),
                constraint: Some("hours"),
                value: Some(value),
            }
        }
        Violation::OffShift { .. } => {
            let local = question.intended.now.with_timezone(&question.intended.zone);
            let value = local.format("%a %H:%M").to_string();
            Change {
                kind: "CHANGE_ROSTER",
                text: Text::made(
                    format!("Put {} on shift at {value} with setRoster, or wait for the next shift.", question.name),
                    format!("通过 setRoster 为 {} 安排包含 {value} 的班次,或等待下一班次。", question.name),
                ),
                constraint: Some("onShift"),
                value: Some(value),
            }
        }
        Violation::Expired { .. } => Change {
            kind: "EXTEND",
            text: Text::new("Extend validUntil of the grant.", "延长授权有效期 validUntil。"),
            constraint: Some("validUntil"),
            value: None,
        },
        Violation::StepUp { .. } => Change {
            kind: "STEP_UP",
            text: Text::new("Confirm the session with stepUp.", "通过 stepUp 验证身份。"),
            constraint: Some("stepUpAbove"),
            value: Some(STEP_UP.to_owned()),
        },
    }
}

/// What wakes a code that counts for nobody; nothing in the shop brings a service back that is gone.
pub(super) fn wake(waiting: &Denial, service: &str) -> Option<Change> {
    let (en, zh) = match waiting.reason {
        denial::NOT_SUBSCRIBED => ("subscribe to", "订购"),
        denial::CONSENT_NEEDED => ("agree again to", "重新确认"),
        _ => return None,
    };
    let text = Text::made(
        format!("The main account can {en} {service} with subscribeService."),
        format!("请由主账号通过 subscribeService {zh}服务 {service}。"),
    );
    Some(Change { kind: "SUBSCRIBE", text, constraint: None, value: None })
}
