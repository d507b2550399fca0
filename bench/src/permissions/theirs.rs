//! The same decision by general engines, each as its manual shows it for a question of this kind. Texts, requests and
//! inputs are made beforehand as far as the engine lets them be.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use casbin::{CoreApi, DefaultModel, Enforcer, StringAdapter};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;

use super::questions::{CODES, MOST, Question, ROLES, SUB_ACCOUNTS, code, override_of, questions, role_of, shop_of};
use super::{Line, time};
use crate::Failure;

pub async fn run(quick: bool) -> Result<Vec<Line>, Failure> {
    let part = if quick { 10 } else { 1 };
    let mut lines = rego(2_000 / part)?;
    lines.push(cedar(1_000 / part)?);
    lines.push(casbin("casbin, 157 rules of six roles", 200 / part, 0).await?);
    lines.push(casbin("casbin, with 1,000 personal rules more", 100 / part, 333).await?);
    Ok(lines)
}

const BATCHES: usize = 21;

const REGO: &str = r#"
package kith
import rego.v1
default allow := false
allow if {
    sub := data.subs[input.sub]
    sub.shop == input.shop
    input.code in data.roles[sub.role]
    not sub.deny == input.code
    not sub.allow == input.code
}
allow if {
    sub := data.subs[input.sub]
    sub.shop == input.shop
    sub.allow == input.code
    input.amount <= sub.most
}
"#;

fn rego(count: usize) -> Result<Vec<Line>, Failure> {
    let subs: serde_json::Map<String, serde_json::Value> = (0..SUB_ACCOUNTS)
        .map(|sub| {
            let mut record = serde_json::json!({ "shop": format!("s{}", shop_of(sub)), "role": ROLES[role_of(sub)].0 });
            if let Some(own) = override_of(sub) {
                record["allow"] = code(own.allow).into();
                record["deny"] = code(own.deny).into();
                record["most"] = MOST.into();
            }
            (format!("u{sub}"), record)
        })
        .collect();
    let roles: HashMap<&str, Vec<String>> = ROLES.iter().map(|(r, n)| (*r, (0..*n).map(code).collect())).collect();
    let data = regorus::Value::from_json_str(&serde_json::json!({ "subs": subs, "roles": roles }).to_string())
        .map_err(text)?;
    let mut engine = regorus::Engine::new();
    engine.add_policy("kith.rego".to_owned(), REGO.to_owned()).map_err(text)?;
    engine.add_data(data.clone()).map_err(text)?;
    let any = questions(count, |_| true);
    let inputs: Vec<regorus::Value> = any
        .iter()
        .map(|q| {
            let input = serde_json::json!({
                "sub": format!("u{}", q.sub_account),
                "shop": format!("s{}", q.shop),
                "code": code(q.code),
                "amount": q.amount,
            });
            regorus::Value::from_json_str(&input.to_string()).map_err(text)
        })
        .collect::<Result<_, _>>()?;
    let yes = regorus::Value::from(true);
    let compiled = engine.compile_with_entrypoint(&"data.kith.allow".into()).map_err(text)?;
    let asked = (any.as_slice(), inputs.as_slice());
    let policy = time("regorus, compiled policy", None, asked, BATCHES, |input| {
        compiled.eval_with_input(input.clone()).is_ok_and(|answer| answer == yes)
    })?;
    let program = Compiler::compile_from_policy(&compiled, &["data.kith.allow"]).map_err(text)?;
    let mut machine = RegoVM::new();
    machine.load_program(program);
    machine.set_data(data).map_err(text)?;
    let bytecode = time("regorus, bytecode", None, asked, BATCHES, |input| {
        machine.set_input(input.clone());
        machine.execute().is_ok_and(|answer| answer == yes)
    })?;
    Ok(vec![bytecode, policy])
}

fn text(error: impl std::fmt::Display) -> Failure {
    error.to_string().into()
}

fn cedar(count: usize) -> Result<Line, Failure> {
    let mut source = String::new();
    for (role, codes) in ROLES {
        let actions: Vec<String> = (0..codes).map(|n| format!("Action::\"{}\"", code(n))).collect();
        writeln!(
            source,
            "permit (principal in Role::\"{role}\", action in [{}], resource)
             when {{ principal.shop == resource && !(principal has allow && principal.allow == action)
                     && !(principal has deny && principal.deny == action) }};",
            actions.join(", ")
        )?;
    }
    writeln!(
        source,
        "permit (principal, action, resource)
         when {{ principal.shop == resource && principal has allow && principal.allow == action
                 && context.amount <= principal.most }};"
    )?;
    let policies: PolicySet = source.parse()?;
    let uid = |kind: &str, name: String| -> Result<EntityUid, Failure> {
        Ok(EntityUid::from_type_name_and_id(kind.parse::<EntityTypeName>()?, name.parse()?))
    };
    let action = |number: usize| uid("Action", code(number));
    let mut entities = Vec::new();
    for (role, _) in ROLES {
        entities.push(Entity::new_no_attrs(uid("Role", role.to_owned())?, HashSet::new()));
    }
    for sub in 0..SUB_ACCOUNTS {
        let shop = RestrictedExpression::new_entity_uid(uid("Shop", format!("s{}", shop_of(sub)))?);
        let mut attributes = HashMap::from([("shop".to_owned(), shop)]);
        if let Some(own) = override_of(sub) {
            attributes.insert("allow".to_owned(), RestrictedExpression::new_entity_uid(action(own.allow)?));
            attributes.insert("deny".to_owned(), RestrictedExpression::new_entity_uid(action(own.deny)?));
            attributes.insert("most".to_owned(), RestrictedExpression::new_long(MOST));
        }
        let role = uid("Role", ROLES[role_of(sub)].0.to_owned())?;
        entities.push(Entity::new(uid("Sub", format!("u{sub}"))?, attributes, HashSet::from([role]))?);
    }
    let entities = Entities::from_entities(entities, None)?;
    let authorizer = Authorizer::new();
    let any = questions(count, |_| true);
    let asked: Vec<(EntityUid, EntityUid, EntityUid, i64)> = any
        .iter()
        .map(|q| {
            Ok((
                uid("Sub", format!("u{}", q.sub_account))?,
                action(q.code)?,
                uid("Shop", format!("s{}", q.shop))?,
                q.amount,
            ))
        })
        .collect::<Result<_, Failure>>()?;
    time("cedar-policy", None, (&any, &asked), BATCHES, |(principal, action, resource, amount)| {
        let amount = [("amount".to_owned(), RestrictedExpression::new_long(*amount))];
        let Ok(context) = Context::from_pairs(amount) else { return false };
        let request = Request::new(principal.clone(), action.clone(), resource.clone(), context, None);
        request
            .is_ok_and(|request| authorizer.is_authorized(&request, &policies, &entities).decision() == Decision::Allow)
    })
}

const MODEL: &str = "
[request_definition]
r = sub, shop, act, amount
[policy_definition]
p = sub, act, most, eft
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act == p.act && g(r.sub, p.sub, r.shop) && (p.eft == \"deny\" && (p.most == \"-\" || r.amount > p.most.parse_int()) || p.eft == \"allow\")
";

/// Rules are looked at one after the other, so it is their number that counts.
async fn casbin(who: &'static str, count: usize, overrides: usize) -> Result<Line, Failure> {
    // An override is two rules: what it allows, and a denial of what it takes away or of amounts above the limit.
    let with_overrides = |sub: usize| override_of(sub).is_some() && sub / 4 < overrides;
    let mut policy = String::new();
    for (role, codes) in ROLES {
        for number in 0..codes {
            writeln!(policy, "p, {role}, {}, -, allow", code(number))?;
        }
    }
    for sub in (0..SUB_ACCOUNTS).filter(|sub| with_overrides(*sub)) {
        let own = override_of(sub).ok_or("no override")?;
        writeln!(policy, "p, u{sub}, {}, -, allow", code(own.allow))?;
        writeln!(policy, "p, u{sub}, {}, {MOST}, deny", code(own.allow))?;
        writeln!(policy, "p, u{sub}, {}, -, deny", code(own.deny))?;
    }
    for sub in 0..SUB_ACCOUNTS {
        writeln!(policy, "g, u{sub}, {}, s{}", ROLES[role_of(sub)].0, shop_of(sub))?;
        if with_overrides(sub) {
            writeln!(policy, "g, u{sub}, u{sub}, s{}", shop_of(sub))?;
        }
    }
    let model = DefaultModel::from_str(MODEL).await?;
    let enforcer = Enforcer::new(model, StringAdapter::new(policy)).await?;
    let any: Vec<Question> = questions(count, |sub| override_of(sub).is_none() || with_overrides(sub));
    debug_assert!(any.iter().all(|q| q.code < CODES));
    let asked: Vec<(String, String, String, i64)> =
        any.iter().map(|q| (format!("u{}", q.sub_account), format!("s{}", q.shop), code(q.code), q.amount)).collect();
    time(who, None, (&any, &asked), 5, |(sub, shop, act, amount)| {
        enforcer.enforce((sub.as_str(), shop.as_str(), act.as_str(), *amount)).unwrap_or(false)
    })
}
