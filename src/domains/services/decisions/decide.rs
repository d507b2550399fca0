//! From questions to decisions: who asks, whom it is about, what the engine says, what the plugins say.

use std::collections::{HashMap, hash_map};

use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;

use super::model::{Decision, Obligation, Question, needs_second, obligations};
use super::store::{self, SubjectRow};
use crate::graphql::context::RequestContext;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::kernel::{Currency, Fault, Money, Subject, Text};
use crate::permissions::arbiter::{Ask, Fact, Facts, Ruling};
use crate::permissions::catalogue::{self, Entry};
use crate::permissions::constraints::Use;
use crate::permissions::explain::{self, Basis, Explanation, Step};
use crate::permissions::quota::Usage;
use crate::permissions::resolve::EffectiveSet;
use crate::permissions::{Number, ServiceCaller, codes};

/// A question that the engine can answer.
pub(super) struct Known {
    pub row: SubjectRow,
    pub entry: &'static Entry,
    pub question: explain::Question,
    pub answer: Explanation,
    pub set: std::sync::Arc<EffectiveSet>,
}

/// Decides questions, in the same order.
///
/// # Errors
/// [`Fault::Unauthenticated`] when nobody asks; the database's fault.
pub async fn decide(request: &RequestContext, questions: &[Question]) -> Result<Vec<Decision>, Fault> {
    let arbiter = match (&request.service, request.actor()) {
        (Some(_), _) => request.arbiter.clone(),
        (None, actor) => actor?.arbiter.clone(),
    };
    let mut known = {
        let mut conn = request.conn().await?;
        engine(&mut conn, request, questions).await?
    };
    // Plugins are asked with no connection in hand, all of them at once.
    let mut asks = Vec::new();
    let mut places = Vec::new();
    for (at, (one, question)) in known.iter().zip(questions).enumerate() {
        if let Ok(one) = one
            && one.answer.allowed
            && arbiter.concerns(one.entry.number)
        {
            asks.push(ask(request, one, question));
            places.push(at);
        }
    }
    let mut rulings: HashMap<usize, Ruling> = HashMap::new();
    if !asks.is_empty() {
        rulings.extend(places.iter().copied().zip(arbiter.rule(asks).await));
        let used = counted(request, &known, &rulings).await?;
        for (at, ruling) in &rulings {
            if let Some(Ok(one)) = known.get_mut(*at) {
                let number = one.entry.number;
                let used = used.get(&(one.row.id(), number)).copied().unwrap_or_default();
                explain::advise(&mut one.answer, &one.question, number, ruling, &used);
            }
        }
        // Whoever was not answered is denied.
        for at in places.iter().filter(|at| !rulings.contains_key(at)) {
            if let Some(slot) = known.get_mut(*at) {
                *slot = Err(unanswered());
            }
        }
    }
    let decided = known.into_iter().enumerate();
    Ok(decided.map(|(at, one)| one.map_or_else(|refused| refused, |one| decision(one, rulings.get(&at)))).collect())
}

/// What was used of the limits that plugins oblige, read once for each seat and permission.
async fn counted(
    request: &RequestContext,
    known: &[Result<Known, Decision>],
    rulings: &HashMap<usize, Ruling>,
) -> Result<HashMap<(SubAccountId, Number), Usage>, Fault> {
    let mut used = HashMap::new();
    let some: Vec<(&Known, &Ruling)> = rulings
        .iter()
        .filter(|(_, ruling)| ruling.counts())
        .filter_map(|(at, ruling)| Some((known.get(*at)?.as_ref().ok()?, ruling)))
        .collect();
    if some.is_empty() {
        return Ok(used);
    }
    let mut conn = request.conn().await?;
    for (one, ruling) in some {
        if let hash_map::Entry::Vacant(new) = used.entry((one.row.id(), one.entry.number)) {
            new.insert(explain::counted(&mut conn, &one.question, ruling).await?);
        }
    }
    Ok(used)
}

fn unanswered() -> Decision {
    Decision::refused(
        "SERVICE_UNAVAILABLE",
        Text::new("The service does not answer. Try again shortly.", "服务暂不可用,请稍后重试。"),
    )
}

/// What the engine says by itself; or why a question is none that it can answer.
pub(super) async fn engine(
    conn: &mut AsyncPgConnection,
    request: &RequestContext,
    questions: &[Question],
) -> Result<Vec<Result<Known, Decision>>, Fault> {
    let ids: Vec<SubAccountId> = questions.iter().filter_map(|question| question.subject.parse().ok()).collect();
    let subjects = store::subjects(conn, &ids).await?;
    let mut subscribed: HashMap<ShopId, bool> = HashMap::new();
    // Read once for each seat and permission, however many questions are about them.
    let mut bases: HashMap<(SubAccountId, Number), Basis> = HashMap::new();
    let mut all = Vec::with_capacity(questions.len());
    for question in questions {
        let row = question.subject.parse::<SubAccountId>().ok().and_then(|id| subjects.get(&id));
        let entry = catalogue::by_code(&question.action);
        let (Some(row), Some(entry)) = (row, entry) else {
            all.push(Err(Decision::unknown()));
            continue;
        };
        let allowed = match &request.service {
            Some(service) => {
                is_own(service, row.shop(), entry) && {
                    let shop = row.shop();
                    match subscribed.get(&shop) {
                        Some(has) => *has,
                        None => {
                            let has = codes::has_service(conn, shop, &service.service).await?;
                            *subscribed.entry(shop).or_insert(has)
                        }
                    }
                }
            }
            None => request.actor()?.seat(row.shop()).is_some_and(crate::permissions::Seat::is_main),
        };
        let elsewhere = |(kind, id): &(String, String)| kind == "shop" && *id != row.shop().to_string();
        if !allowed || question.resource.as_ref().is_some_and(elsewhere) {
            all.push(Err(Decision::unknown()));
            continue;
        }
        all.push(known(conn, request, (row, entry), question, &mut bases).await?);
    }
    Ok(all)
}

/// Whether a code is the asking service's own, in a shop that its token reaches.
fn is_own(service: &ServiceCaller, shop: ShopId, entry: &Entry) -> bool {
    service.reaches(shop) && entry.service.as_ref().is_some_and(|of| of.id == service.service)
}

async fn known(
    conn: &mut AsyncPgConnection,
    request: &RequestContext,
    (row, entry): (&SubjectRow, &'static Entry),
    asked: &Question,
    bases: &mut HashMap<(SubAccountId, Number), Basis>,
) -> Result<Result<Known, Decision>, Fault> {
    let currency: Currency = row.currency.parse().unwrap_or(Currency::CNY);
    let amount = match asked.amount.as_ref().map(|amount| amount.read(currency)).transpose() {
        Ok(amount) if amount.is_none_or(|amount| amount.minor >= 0) => amount,
        Ok(_) => {
            let message = Text::new("The amount is below zero.", "金额不能小于 0。");
            return Ok(Err(Decision::refused("INVALID_AMOUNT", message)));
        }
        Err(error) => return Ok(Err(Decision::refused("INVALID_AMOUNT", error.text()))),
    };
    let question = explain::Question {
        shop: row.shop(),
        sub_account: Some(row.id()),
        name: row.name.clone(),
        position: Some(row.position.clone()),
        currency,
        intended: Use {
            now: request.now,
            zone: row.zone.parse::<Tz>().unwrap_or(Tz::UTC),
            amount: amount.map(|amount| amount.minor),
            // Which session it would use is not known.
            stepped_up_at: None,
        },
        at: None,
    };
    if !row.active {
        return Ok(Err(Decision::refused(
            "SUBJECT_INACTIVE",
            Text::new(
                "The sub-account has departed, or it or the account behind it is disabled.",
                "该子账号已离职,或该子账号或其关联账号已停用。",
            ),
        )));
    }
    let mut answer = match bases.entry((row.id(), entry.number)) {
        hash_map::Entry::Occupied(known) => explain::answer(&question, entry, known.get()),
        hash_map::Entry::Vacant(new) => {
            let basis = explain::basis(conn, &question, entry).await?;
            explain::answer(&question, entry, new.insert(basis))
        }
    };
    let set = request.door.sets.resolve(conn, row.shop(), row.id(), row.epoch).await?;
    if set.is_restricted(question.intended.now) {
        explain::restrict(&mut answer, entry, (&row.name, row.id(), row.has_own_account));
    }
    Ok(Ok(Known { row: row.clone(), entry, question, answer, set }))
}

/// What the service is told: what the one who asks says, and on what it is to be done.
pub(super) fn facts_of(question: &Question) -> Facts {
    let mut facts = question.facts.clone();
    if let Some((kind, id)) = &question.resource {
        facts.insert("resource_type".to_owned(), Fact::Text(kind.chars().take(200).collect()));
        facts.insert("resource_id".to_owned(), Fact::Text(id.chars().take(200).collect()));
    }
    facts
}

fn ask(request: &RequestContext, one: &Known, question: &Question) -> Ask {
    let intended = &one.question.intended;
    let facts = facts_of(question);
    Ask {
        request_id: request.caller.origin.request_id,
        shop: one.row.shop(),
        principal: Subject::SubAccount { shop: one.row.shop(), id: one.row.id() },
        roles: one.set.roles(),
        permission: one.entry.number,
        field: (String::new(), String::new()),
        now: intended.now,
        zone: intended.zone,
        currency: one.question.currency,
        amount: intended.amount.map(|minor| Money::new(minor, one.question.currency)),
        stepped_up: false,
        // Nothing is used up by asking.
        dry_run: true,
        settings: one.set.settings_for(one.entry.number),
        facts,
    }
}

pub(super) fn decision(mut one: Known, ruling: Option<&Ruling>) -> Decision {
    if one.answer.allowed && one.answer.second_approver && one.entry.service.is_some() {
        let denial = needs_second(one.entry);
        let text = denial.message.clone().unwrap_or(Text::new("", ""));
        one.answer.path.push(Step { kind: "LIMIT", text, source: None });
        (one.answer.allowed, one.answer.second_approver, one.answer.denial) = (false, false, Some(denial));
    }
    let Known { entry, question, answer, set, .. } = one;
    let (reason, message) = match &answer.denial {
        Some(denial) => (Some(denial.reason), denial.message.clone()),
        None => (None, None),
    };
    let mut all = Vec::new();
    if answer.allowed {
        if answer.second_approver {
            all.push(Obligation { kind: "SECOND_APPROVER", value: String::new(), source: "engine".to_owned() });
        }
        all.extend(grant_limits(&set, entry.number, question.currency));
        for word in ruling.map_or(&[][..], |ruling| &ruling.words) {
            all.extend(obligations(&word.limits, question.currency, &word.by.plugin));
        }
    }
    Decision { allowed: answer.allowed, reason, message, obligations: all, explanation: Some(answer) }
}

fn grant_limits(set: &EffectiveSet, number: Number, currency: Currency) -> Vec<Obligation> {
    set.held(number).map_or_else(Vec::new, |held| obligations(&held.constraints, currency, "grant"))
}
