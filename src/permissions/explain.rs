//! Why a decision is what it is (requirement 5.6), now or at a past moment (requirement 5.10).
//!
//! The answer is made of the same pieces that decide: the effective set, the limits and the counted use.

use diesel_async::AsyncPgConnection;

use super::arbiter::{Ruling, Said};
use super::catalogue::{Entry, Holder, Number};
use super::codes::{self, Counting};
use super::constraints::{Use, Violation, clock_time};
use super::denial::{self, STEP_UP, describe};
use super::quota::{self, Counter, Usage};
use super::resolve::EffectiveSet;
use super::store::{self, GrantRow, PositionPermission};
use crate::kernel::fault::Denial;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Currency, Instant, Money, Text};

/// What is asked: may this seat use this permission?
#[derive(Debug, Clone)]
pub struct Question {
    /// The shop.
    pub shop: ShopId,
    /// The sub-account; `None` for the main account.
    pub sub_account: Option<SubAccountId>,
    /// The log-in name, for the words of the answer.
    pub name: String,
    /// The position's name, for the words of the answer.
    pub position: Option<String>,
    /// The currency of amounts.
    pub currency: Currency,
    /// The use that is asked about.
    pub intended: Use,
    /// The moment that is asked about; `None` for now.
    pub at: Option<Instant>,
}

/// One step on the way to the answer.
#[derive(Debug, Clone)]
pub struct Step {
    /// `MAIN_ACCOUNT`, `POSITION`, `GRANT`, `LIMIT`, `DEFAULT_DENY`, `SERVICE`, `PLUGIN`.
    pub kind: &'static str,
    /// The step in words.
    pub text: Text,
    /// The record behind the step, as an id.
    pub source: Option<String>,
}

/// The smallest change that would turn a no into a yes.
#[derive(Debug, Clone)]
pub struct Change {
    /// `GRANT`, `REVOKE_DENIAL`, `RAISE_LIMIT`, `WIDEN_HOURS`, `EXTEND`, `STEP_UP`, `ASK_MAIN_ACCOUNT`.
    pub kind: &'static str,
    /// The change in words.
    pub text: Text,
    /// The limit to change, by the name it has in the input of `grantPermission`.
    pub constraint: Option<&'static str>,
    /// The smallest value that would do.
    pub value: Option<String>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Yes or no.
    pub allowed: bool,
    /// Whether somebody else must approve as well.
    pub second_approver: bool,
    /// What stands in the way.
    pub denial: Option<Denial>,
    /// How the answer came about.
    pub path: Vec<Step>,
    /// What would help.
    pub change: Option<Change>,
}

/// Answers a question from the database.
///
/// # Errors
/// The database's fault.
pub async fn explain(
    conn: &mut AsyncPgConnection,
    question: &Question,
    entry: &'static Entry,
) -> Result<Explanation, diesel::result::Error> {
    let counting = codes::counting_among(conn, question.shop, [entry.number], question.at).await?;
    if !counting.has(entry.number) {
        return Ok(not_counting(question, entry));
    }
    let Some(sub_account) = question.sub_account else { return Ok(main_account(question, entry)) };
    let (position, grants) = match question.at {
        Some(at) => store::as_of(conn, question.shop, sub_account, at).await?,
        None => (
            store::position_permissions(conn, question.shop, sub_account).await?,
            store::grants(conn, question.shop, sub_account).await?,
        ),
    };
    let used = match grants.iter().find(|g| g.permission == entry.number && g.allows) {
        Some(grant) if grant.constraints.counts() => {
            quota::usage(conn, Counter::of(question.shop, grant.id), &question.intended).await?
        }
        _ => Usage::default(),
    };
    Ok(decide(question, entry, (&position, &grants, &counting), &used))
}

/// Puts what plugins say behind what the engine said: they can turn a yes into a no, never the reverse (issue 3).
pub fn advise(answer: &mut Explanation, question: &Question, permission: Number, ruling: &Ruling) {
    for word in &ruling.words {
        let denial = match word.said {
            Said::Allow => word
                .limits
                .check(&question.intended)
                .map(|more| answer.second_approver |= more.second_approver)
                .err()
                .map(|violation| denial::of_limit(question.currency, permission, word, &question.intended, violation)),
            _ => Some(denial::of_word(permission, word)),
        };
        let allows = || {
            Text::made(
                format!("The plugin {} ({}) allows it.", word.name.en, word.plugin),
                format!("插件“{}”({})允许。", word.name.zh, word.plugin),
            )
        };
        let text = denial.as_ref().and_then(|denial| denial.message.clone()).unwrap_or_else(allows);
        answer.path.push(Step { kind: "PLUGIN", text, source: Some(word.plugin.clone()) });
        if denial.is_some() {
            (answer.allowed, answer.second_approver, answer.change) = (false, false, None);
            answer.denial = denial;
            return;
        }
    }
}

/// The service's code counts for nobody in the shop.
fn not_counting(question: &Question, entry: &Entry) -> Explanation {
    let step = Step {
        kind: "SERVICE",
        text: Text::made(
            format!("{} belongs to a service that the shop does not have, or that is not there.", entry.code),
            format!("{} 所属服务未订购或不可用。", entry.code),
        ),
        source: entry.service.as_ref().map(|service| service.id.to_owned()),
    };
    Explanation {
        allowed: false,
        second_approver: false,
        denial: Some(missing(question, entry)),
        path: vec![step],
        change: None,
    }
}

fn main_account(question: &Question, entry: &Entry) -> Explanation {
    let allowed = !matches!(entry.holder, Holder::Platform | Holder::Nobody);
    let step = Step {
        kind: "MAIN_ACCOUNT",
        text: Text::made(
            format!("{} is the main account: it holds every permission of the shop.", question.name),
            format!("{} 是主账号,拥有店铺的全部权限。", question.name),
        ),
        source: None,
    };
    let denial = (!allowed).then(|| missing(question, entry));
    Explanation { allowed, second_approver: false, denial, path: vec![step], change: None }
}

fn decide(
    question: &Question,
    entry: &Entry,
    (position, grants, counting): (&[PositionPermission], &[GrantRow], &Counting),
    used: &Usage,
) -> Explanation {
    let mut path = vec![position_step(question, entry, position)];
    let grant = grants.iter().find(|g| g.permission == entry.number);
    if let Some(grant) = grant {
        path.push(grant_step(entry, grant));
    }
    let numbers: Vec<_> = position.iter().map(|p| p.permission).collect();
    let set = EffectiveSet::compose(0, &numbers, grants, counting);
    if !set.has(entry.number) {
        path.push(Step {
            kind: "DEFAULT_DENY",
            text: Text::new("Nothing else allows it, so it is denied.", "没有其他授权,默认拒绝。"),
            source: None,
        });
        return Explanation {
            allowed: false,
            second_approver: false,
            denial: Some(missing(question, entry)),
            path,
            change: Some(grant_change(question, entry, grant)),
        };
    }
    let limits = set.held(entry.number).map(|held| held.constraints.clone()).unwrap_or_default();
    let checked = limits
        .check(&question.intended)
        .and_then(|obligations| quota::check(&limits, &question.intended, used).map(|()| obligations));
    match checked {
        Ok(obligations) => Explanation {
            allowed: true,
            second_approver: obligations.second_approver,
            denial: None,
            path,
            change: None,
        },
        Err(violation) => {
            let mut denial = describe(violation, question.currency, &question.intended);
            entry.code.clone_into(&mut denial.permission);
            denial.grant = grant.map(|g| g.id.to_string());
            path.push(Step {
                kind: "LIMIT",
                text: denial.message.clone().unwrap_or(Text::new("", "")),
                source: denial.grant.clone(),
            });
            let change = Some(limit_change(question, violation, used));
            Explanation { allowed: false, second_approver: false, denial: Some(denial), path, change }
        }
    }
}

fn position_step(question: &Question, entry: &Entry, position: &[PositionPermission]) -> Step {
    let given = position.iter().find(|p| p.permission == entry.number);
    let name = question.position.as_deref().unwrap_or("-");
    let (en, zh) = match given {
        Some(PositionPermission { locked: true, .. }) => ("includes (locked)", "包含(锁定)"),
        Some(_) => ("includes", "包含"),
        None => ("does not include", "不包含"),
    };
    Step {
        kind: "POSITION",
        text: Text::made(
            format!("{} holds the position \"{name}\", which {en} {}.", question.name, entry.code),
            format!("{} 的岗位“{name}”{zh} {}。", question.name, entry.code),
        ),
        source: None,
    }
}

fn grant_step(entry: &Entry, grant: &GrantRow) -> Step {
    let (en, zh) = match (grant.allows, grant.constraints.is_empty()) {
        (true, true) => ("allows", "允许"),
        (true, false) => ("allows, within limits,", "在限制内允许"),
        (false, _) => ("takes away", "收回"),
    };
    Step {
        kind: "GRANT",
        text: Text::made(format!("A personal grant {en} {}.", entry.code), format!("个人授权{zh} {}。", entry.code)),
        source: Some(grant.id.to_string()),
    }
}

fn missing(question: &Question, entry: &Entry) -> Denial {
    Denial {
        reason: "PERMISSION_MISSING",
        permission: entry.code.to_owned(),
        message: Some(Text::made(
            format!("{} lacks the permission \"{}\" ({}).", question.name, entry.title.en, entry.code),
            format!("{} 缺少权限“{}”({})。", question.name, entry.title.zh, entry.code),
        )),
        ..Denial::default()
    }
}

fn grant_change(question: &Question, entry: &Entry, grant: Option<&GrantRow>) -> Change {
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

fn limit_change(question: &Question, violation: Violation, used: &Usage) -> Change {
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
