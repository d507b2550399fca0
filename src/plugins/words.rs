//! From a question to a request of the contract, and from a verdict to a word.

use std::sync::Arc;

use chrono::{TimeZone, Timelike};
use kith_plugin_loader::abi::{Obligation, obligation, request_flag};
use kith_plugin_loader::{Attr, OwnedAttr, OwnedRequest, OwnedValue, Parts, Request, Text, Verdict};

use super::release::Release;
use crate::kernel::{Currency, Instant, Text as Words, names};
use crate::permissions::arbiter::{Ask, Fact, Said, Word};
use crate::permissions::catalogue;
use crate::permissions::constraints::{Constraints, Hours};

/// The request, with exactly those attributes that the manifest asks for. What Kith has no value for is there as `none`.
pub fn request(release: &Release, ask: &Ask, shadow: bool) -> OwnedRequest {
    let asked = &release.verified.manifest.attributes;
    let attrs = asked.iter().map(|key| OwnedAttr { key: key.clone(), value: owned(attribute(key, ask)) }).collect();
    let dry_run = if ask.dry_run { request_flag::DRY_RUN } else { 0 };
    OwnedRequest {
        flags: dry_run | if shadow { request_flag::SHADOW } else { 0 },
        deadline_mono_ns: 0,
        request_id: ask.request_id.into_bytes(),
        tenant: ask.shop.to_string(),
        principal: ask.principal.to_string(),
        permission: catalogue::code(ask.permission).to_owned(),
        parent_type: ask.field.0.clone(),
        field: ask.field.1.clone(),
        roles: ask.roles.to_vec(),
        attrs,
    }
}

/// Calls with the same request, borrowed: for a plugin in this process.
pub fn with_request<R>(release: &Release, ask: &Ask, shadow: bool, call: impl FnOnce(&Request<'_>) -> R) -> R {
    let (tenant, principal) = (ask.shop.to_string(), ask.principal.to_string());
    let dry_run = if ask.dry_run { request_flag::DRY_RUN } else { 0 };
    let asked = &release.verified.manifest.attributes;
    on_stack(ask.roles.iter().map(|role| Text::new(role)), Text::new(""), |roles| {
        on_stack(asked.iter().map(|key| view(key, ask)), Attr::none(""), |attrs| {
            call(&Request::new(&Parts {
                flags: dry_run | if shadow { request_flag::SHADOW } else { 0 },
                deadline_mono_ns: 0,
                request_id: ask.request_id.into_bytes(),
                tenant: &tenant,
                principal: &principal,
                permission: catalogue::code(ask.permission),
                parent_type: &ask.field.0,
                field: &ask.field.1,
                roles,
                attrs,
            }))
        })
    })
}

/// Calls with a list that needs no allocation unless it is long.
fn on_stack<T: Copy, R>(items: impl ExactSizeIterator<Item = T>, blank: T, call: impl FnOnce(&[T]) -> R) -> R {
    const SHORT: usize = 8;
    let count = items.len();
    if count > SHORT {
        return call(&items.collect::<Vec<T>>());
    }
    let mut list = [blank; SHORT];
    list.iter_mut().zip(items).for_each(|(place, item)| *place = item);
    call(&list[..count])
}

/// As [`attribute`], borrowed.
fn view<'a>(key: &'a str, ask: &'a Ask) -> Attr<'a> {
    match attribute(key, ask) {
        Value::None => Attr::none(key),
        Value::Bool(value) => Attr::bool(key, value),
        Value::I64(value) => Attr::i64(key, value),
        Value::F64(value) => Attr::f64(key, value),
        Value::Str(value) => Attr::text(key, value),
        Value::Money(minor, currency) => Attr::money(key, minor, currency),
    }
}

fn owned(value: Value<'_>) -> OwnedValue {
    match value {
        Value::None => OwnedValue::None,
        Value::Bool(value) => OwnedValue::Bool(value),
        Value::I64(value) => OwnedValue::I64(value),
        Value::F64(value) => OwnedValue::F64(value),
        Value::Str(value) => OwnedValue::Str(value.to_owned()),
        Value::Money(minor, currency) => OwnedValue::Money(minor, currency),
    }
}

/// The value of an attribute.
enum Value<'a> {
    None,
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(&'a str),
    Money(i64, u16),
}

/// Kith's own attributes go before what a caller says: nobody passes an amount off as another.
fn attribute<'a>(key: &str, ask: &'a Ask) -> Value<'a> {
    match key {
        "amount" => match ask.amount {
            Some(money) => Value::Money(money.minor, money.currency.numeric()),
            None => Value::None,
        },
        "local_minute" => {
            let local = ask.now.with_timezone(&ask.zone);
            Value::I64(i64::from(local.hour() * 60 + local.minute()))
        }
        "now_ms" => Value::I64(ask.now.timestamp_millis()),
        "stepped_up" => Value::Bool(ask.stepped_up),
        _ => match ask.facts.get(key) {
            Some(Fact::Bool(value)) => Value::Bool(*value),
            Some(Fact::Int(value)) => Value::I64(*value),
            Some(Fact::Float(value)) => Value::F64(*value),
            Some(Fact::Text(value)) => Value::Str(value),
            None => Value::None,
        },
    }
}

/// The word of a verdict. Limits that Kith cannot hold it to (another currency, two sets of hours) make it no answer.
pub fn word(release: &Release, ask: &Ask, verdict: &Verdict) -> Word {
    let nothing = |why| (Said::Nothing(why), Constraints::default());
    let (said, limits) = match verdict.fault() {
        Some(fault) => nothing(fault.name()),
        None if !verdict.allowed() => (Said::Deny, Constraints::default()),
        None => match limits(verdict.obligations(), ask.currency) {
            Some(limits) => (Said::Allow, limits),
            None => nothing("bad_obligation"),
        },
    };
    Word {
        by: Arc::clone(&release.by),
        said,
        reason_code: verdict.reason_code(),
        reason: reason(verdict.reason()),
        limits,
    }
}

/// English and, behind a line feed, Chinese. Characters that could disturb the line they are shown in are taken out.
pub fn reason(text: &str) -> Option<Words> {
    let (en, zh) = text.split_once('\n').unwrap_or((text, text));
    let hidden = |c: char| names::hidden(c.encode_utf8(&mut [0; 4])).is_some();
    let clean = |text: &str| text.replace(hidden, "").trim().to_owned();
    let (en, zh) = (clean(en), clean(zh));
    (!en.is_empty()).then(|| Words::made(en.clone(), if zh.is_empty() { en } else { zh }))
}

pub fn limits(obligations: &[Obligation], currency: Currency) -> Option<Constraints> {
    let mut limits = Constraints::default();
    let least = |into: &mut Option<i64>, value: i64| *into = Some(into.map_or(value, |now| now.min(value)));
    for one in obligations {
        let money = || one.aux == 0 || one.aux == u32::from(currency.numeric());
        match one.kind {
            obligation::MAX_PER_ACTION if money() => least(&mut limits.per_action, one.value),
            obligation::MAX_PER_DAY if money() => least(&mut limits.per_day, one.value),
            obligation::MAX_PER_MONTH if money() => least(&mut limits.per_month, one.value),
            obligation::COUNT_PER_DAY => least(&mut limits.count_per_day, one.value),
            obligation::STEP_UP_ABOVE if money() => least(&mut limits.step_up_above, one.value),
            obligation::SECOND_APPROVER_ABOVE if money() => least(&mut limits.second_approver_above, one.value),
            obligation::HOURS => {
                let hours = Hours { from: u16::try_from(one.value).ok()?, until: u16::try_from(one.aux).ok()? };
                if limits.hours.is_some_and(|other| other != hours) {
                    return None;
                }
                limits.hours = Some(hours);
            }
            obligation::VALID_UNTIL => {
                let until: Instant = chrono::Utc.timestamp_millis_opt(one.value).single()?;
                limits.valid_until = Some(limits.valid_until.map_or(until, |now| now.min(until)));
            }
            _ => return None,
        }
    }
    limits.validate().is_ok().then_some(limits)
}
