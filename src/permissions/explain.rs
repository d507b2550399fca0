//! Why a decision is what it is (requirement 5.6), now or at a past moment (requirement 5.10).
//!
//! The answer is made of the same pieces that decide: the effective set, the limits and the counted use.

mod after;
mod change;

pub use after::{advise, counted, restrict, shut};

use diesel_async::AsyncPgConnection;

use super::catalogue::{Entry, Holder};
use super::codes::{self, Counting};
use super::constraints::Use;
use super::denial::{self, describe};
use super::quota::{self, Counter, Usage};
use super::resolve::EffectiveSet;
use super::store::{self, GrantRow, PositionPermission};
use crate::kernel::fault::Denial;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Currency, Instant, Text};

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
    /// `MAIN_ACCOUNT`, `POSITION`, `GRANT`, `LIMIT`, `SHIFT`, `DEFAULT_DENY`, `SERVICE`, `PLUGIN`, `CERTIFICATION`.
    pub kind: &'static str,
    /// The step in words.
    pub text: Text,
    /// The record behind the step, as an id.
    pub source: Option<String>,
}

/// The smallest change that would turn a no into a yes.
#[derive(Debug, Clone)]
pub struct Change {
    /// `GRANT`, `REVOKE_DENIAL`, `RAISE_LIMIT`, `WIDEN_HOURS`, `EXTEND`, `STEP_UP`, `ASK_MAIN_ACCOUNT`, `SUBSCRIBE`,
    /// `CHANGE_ROSTER`.
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

/// What an answer is made of, as the database has it. The same for every question of one seat about one permission at one moment.
#[derive(Debug)]
pub struct Basis(What);

#[derive(Debug)]
enum What {
    /// The code counts for nobody in the shop: why, and the grant that waits.
    Waiting(Box<(Option<Denial>, Option<GrantRow>)>),
    Main,
    Staff {
        position: Vec<PositionPermission>,
        grants: Vec<GrantRow>,
        counting: Counting,
        used: Usage,
    },
}

/// Reads what an answer is made of.
///
/// # Errors
/// The database's fault.
pub async fn basis(
    conn: &mut AsyncPgConnection,
    question: &Question,
    entry: &'static Entry,
) -> Result<Basis, diesel::result::Error> {
    let counting = codes::counting_among(conn, question.shop, [entry.number], question.at).await?;
    let counts = counting.has(entry.number);
    let Some(sub_account) = question.sub_account else {
        return match counts {
            true => Ok(Basis(What::Main)),
            false => Ok(Basis(What::Waiting(Box::new((waiting(conn, question, entry).await?, None))))),
        };
    };
    let (position, grants) = match question.at {
        Some(at) => store::as_of(conn, question.shop, sub_account, at).await?,
        None => (
            store::position_permissions(conn, question.shop, sub_account).await?,
            store::grants(conn, question.shop, sub_account).await?,
        ),
    };
    if !counts {
        let grant = grants.into_iter().find(|grant| grant.permission == entry.number);
        return Ok(Basis(What::Waiting(Box::new((waiting(conn, question, entry).await?, grant)))));
    }
    let used = match grants.iter().find(|g| g.permission == entry.number && g.allows) {
        Some(grant) if grant.constraints.counts() => {
            quota::usage(conn, Counter::of(question.shop, grant.id), &question.intended).await?
        }
        _ => Usage::default(),
    };
    Ok(Basis(What::Staff { position, grants, counting, used }))
}

/// Answers a question from what it is made of.
#[must_use]
pub fn answer(question: &Question, entry: &'static Entry, basis: &Basis) -> Explanation {
    match &basis.0 {
        What::Waiting(why) => not_counting(question, entry, why.0.as_ref(), why.1.as_ref()),
        What::Main => main_account(question, entry),
        What::Staff { position, grants, counting, used } => decide(question, entry, (position, grants, counting), used),
    }
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
    Ok(answer(question, entry, &basis(conn, question, entry).await?))
}

/// Why a code counts for nobody now; which of the reasons it was at a past moment is not kept, and a heading never counts.
async fn waiting(
    conn: &mut AsyncPgConnection,
    question: &Question,
    entry: &Entry,
) -> Result<Option<Denial>, diesel::result::Error> {
    if question.at.is_some() || entry.holder == Holder::Nobody {
        return Ok(None);
    }
    denial::waiting(conn, question.shop, entry.number).await
}

/// The service's code counts for nobody in the shop: why, what waits for it, and what would wake it.
fn not_counting(question: &Question, entry: &Entry, waiting: Option<&Denial>, grant: Option<&GrantRow>) -> Explanation {
    let code = entry.code;
    let otherwise = || match entry.holder {
        Holder::Nobody => Text::made(
            format!("{code} is a heading: nobody holds it, only what stands below it."),
            format!("{code} 是权限分组,只能持有其下的具体权限。"),
        ),
        _ => Text::made(
            format!("{code} belongs to a service that the shop did not have then, or that was not there."),
            format!("当时店铺未订购 {code} 所属的服务,或该服务不可用。"),
        ),
    };
    let service = entry.service.as_ref().map_or("", |service| service.id);
    let text = waiting.and_then(|denial| denial.message.clone()).unwrap_or_else(otherwise);
    let mut path = vec![Step { kind: "SERVICE", text, source: Some(service.to_owned()) }];
    path.extend(grant.map(|grant| grant_step(entry, grant)));
    let change = waiting.and_then(|denial| change::wake(denial, service));
    let denial = waiting.cloned().unwrap_or_else(|| missing(question, entry));
    Explanation { allowed: false, second_approver: false, denial: Some(denial), path, change }
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
            change: Some(change::grant(question, entry, grant)),
        };
    }
    let limits = set.held(entry.number).map(|held| held.constraints.clone()).unwrap_or_default();
    if let Some(shift) = limits.shift(&question.intended) {
        let ((from, until), zone) = (shift.words(question.intended.zone), question.intended.zone);
        let text = Text::made(
            format!("{} is on shift from {from} to {until} ({zone}).", question.name),
            format!("{} 当班时间为 {from} 至 {until}({zone})。", question.name),
        );
        path.push(Step { kind: "SHIFT", text, source: None });
    }
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
            let change = Some(change::limit(question, violation, used));
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
