//! From the body of a request to questions.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domains::services::decisions::facts;
use crate::domains::services::decisions::model::{MOST, Question};
use crate::kernel::money::WrittenAmount;
use crate::permissions::arbiter::Facts;

/// What is asked about, each part of it perhaps left to a default.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Evaluation {
    subject: Option<Entity>,
    action: Option<Action>,
    resource: Option<Entity>,
    context: Option<Map<String, Value>>,
}

/// Many questions: what stands at the top holds for those that do not say it themselves.
#[derive(Debug, Deserialize)]
struct Evaluations {
    #[serde(flatten)]
    defaults: Evaluation,
    /// Each is read by itself, so that one that is malformed spoils no other.
    evaluations: Option<Vec<Value>>,
    #[serde(default)]
    options: Options,
}

#[derive(Debug, Clone, Deserialize)]
struct Entity {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Action {
    name: String,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
struct Options {
    #[serde(default)]
    evaluations_semantic: Semantic,
}

/// When to stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Semantic {
    /// Never.
    #[default]
    ExecuteAll,
    /// After the first no.
    DenyOnFirstDeny,
    /// After the first yes.
    PermitOnFirstPermit,
}

/// A body that was read.
#[derive(Debug)]
pub(super) enum Asked {
    /// One question, and whether the service goes ahead on a yes.
    One(Box<Question>, bool),
    /// Many; each may be none by itself.
    Many(Vec<Result<Question, String>>, Semantic),
}

/// Reads the body of `/evaluation`.
pub(super) fn one(body: &[u8]) -> Result<Asked, String> {
    let mut evaluation: Evaluation = json(body)?;
    let goes_ahead = match evaluation.context.as_mut().and_then(|context| context.remove("use")) {
        None => false,
        Some(Value::Bool(goes_ahead)) => goes_ahead,
        Some(_) => return Err("context.use: true or false".to_owned()),
    };
    evaluation.question().map(|question| Asked::One(Box::new(question), goes_ahead))
}

/// Reads the body of `/evaluations`: without the array it is a single question.
pub(super) fn many(body: &[u8]) -> Result<Asked, String> {
    let Evaluations { defaults, evaluations, options } = json(body)?;
    let all = match evaluations {
        Some(all) if !all.is_empty() => all,
        _ => return defaults.question().map(|question| Asked::One(Box::new(question), false)),
    };
    if all.len() > MOST {
        return Err(format!("evaluations: {} questions, at most {MOST}", all.len()));
    }
    let question = |one: Value| {
        let one = Evaluation::deserialize(one).map_err(|error| cannot_be_read(&error))?;
        one.or(&defaults).question()
    };
    let questions = all.into_iter().map(question).collect();
    Ok(Asked::Many(questions, options.evaluations_semantic))
}

fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| cannot_be_read(&error))
}

fn cannot_be_read(error: &serde_json::Error) -> String {
    // serde names the member; what it shows of a value goes back to who sent it, and is cut.
    let text = error.to_string();
    let what = if error.is_data() { text.split(" at line").next().unwrap_or_default() } else { "not JSON" };
    format!("the body cannot be read: {}", what.chars().take(200).collect::<String>())
}

/// A text that the standard requires and that says something.
fn told(member: &str, text: String) -> Result<String, String> {
    if text.trim().is_empty() { Err(format!("{member} is empty")) } else { Ok(text) }
}

impl Evaluation {
    fn or(self, defaults: &Self) -> Self {
        Self {
            subject: self.subject.or_else(|| defaults.subject.clone()),
            action: self.action.or_else(|| defaults.action.clone()),
            resource: self.resource.or_else(|| defaults.resource.clone()),
            context: self.context.or_else(|| defaults.context.clone()),
        }
    }

    fn question(self) -> Result<Question, String> {
        let subject = self.subject.ok_or("subject is missing: {\"type\": \"sub_account\", \"id\": \"sub_…\"}")?;
        let action = self.action.ok_or("action is missing: {\"name\": \"a permission code\"}")?;
        let resource = self.resource.ok_or("resource is missing: {\"type\": …, \"id\": …}")?;
        let (kind, subject) = (told("subject.type", subject.kind)?, told("subject.id", subject.id)?);
        let action_name = told("action.name", action.name)?;
        let about = (told("resource.type", resource.kind)?, told("resource.id", resource.id)?);
        let about = facts::resource(about.0, about.1).map_err(|text| text.en.into_owned())?;
        let mut facts_told = Facts::new();
        let mut amount = None;
        let context = self.context.unwrap_or_default();
        for more in [resource.properties, action.properties, Some(context)].into_iter().flatten() {
            let mut more = more;
            if let Some(value) = more.remove("amount") {
                amount = Some(amount_of(&value)?);
            }
            facts::add(&mut facts_told, &more).map_err(|text| text.en.into_owned())?;
        }
        // A subject of another kind is one that does not exist.
        let known = ["sub_account", "user"].contains(&kind.as_str());
        Ok(Question {
            subject: if known { subject } else { String::new() },
            action: action_name,
            resource: Some(about),
            amount,
            facts: facts_told,
        })
    }
}

/// `"150.00"`, or `{"amount": "150.00", "currency": "CNY"}`. No float: money is exact.
fn amount_of(value: &Value) -> Result<WrittenAmount, String> {
    let wrong = || "amount: write it as \"150.00\" or {\"amount\": \"150.00\", \"currency\": \"CNY\"}".to_owned();
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if number.is_i64() => Ok(number.to_string()),
        _ => Err(wrong()),
    };
    match value {
        Value::Object(parts) => {
            let currency = match parts.get("currency") {
                None => None,
                Some(Value::String(code)) => Some(code.parse().map_err(|_| wrong())?),
                Some(_) => return Err(wrong()),
            };
            Ok(WrittenAmount { amount: text(parts.get("amount").unwrap_or(&Value::Null))?, currency })
        }
        other => Ok(WrittenAmount { amount: text(other)?, currency: None }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use serde_json::json;

    fn questions(asked: Asked) -> Vec<Question> {
        match asked {
            Asked::One(question, _) => vec![*question],
            Asked::Many(questions, _) => questions.into_iter().map(Result::unwrap).collect(),
        }
    }

    /// The request of section 5 of the standard (the Access Evaluation API).
    #[test]
    fn the_standards_single_request_is_read() {
        let body = json!({
            "subject": { "type": "user", "id": "alice@acmecorp.com" },
            "resource": { "type": "account", "id": "123" },
            "action": { "name": "can_read", "properties": { "method": "GET" } },
            "context": { "time": "1985-10-26T01:22-07:00" }
        });
        let [question] = &questions(one(body.to_string().as_bytes()).unwrap())[..] else { panic!("one") };
        assert_eq!((question.subject.as_str(), question.action.as_str()), ("alice@acmecorp.com", "can_read"));
        assert_eq!(question.resource, Some(("account".to_owned(), "123".to_owned())));
        assert_eq!(question.facts.keys().collect::<Vec<_>>(), ["method", "time"]);
        assert_eq!(question.amount, None);
    }

    /// The third request of section 6 (boxcarring): a default action that the last evaluation overrides.
    #[test]
    fn the_standards_defaults_hold_for_those_that_do_not_say_it_themselves() {
        let body = json!({
            "subject": { "type": "user", "id": "alice@acmecorp.com" },
            "context": { "time": "2024-05-31T15:22-07:00" },
            "action": { "name": "can_read" },
            "evaluations": [
                { "resource": { "type": "document", "id": "boxcarring.md" } },
                { "resource": { "type": "document", "id": "subject-search.md" } },
                { "action": { "name": "can_edit" }, "resource": { "type": "document", "id": "resource-search.md" } }
            ]
        });
        let read = questions(many(body.to_string().as_bytes()).unwrap());
        let actions: Vec<&str> = read.iter().map(|question| question.action.as_str()).collect();
        assert_eq!(actions, ["can_read", "can_read", "can_edit"]);
        assert!(read.iter().all(|question| question.subject == "alice@acmecorp.com" && question.facts.len() == 1));
    }

    #[test]
    fn without_the_array_many_are_one_and_a_bad_one_among_many_is_only_itself() {
        let single = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" },
                             "resource": { "type": "c", "id": "d" } });
        for body in [single.clone(), {
            let mut body = single.clone();
            body["evaluations"] = json!([]);
            body
        }] {
            assert!(matches!(many(body.to_string().as_bytes()).unwrap(), Asked::One(..)));
        }
        let body = json!({ "evaluations": [single, { "action": { "name": "b" } }, { "subject": "alice" }, 7,
                                           { "resource": { "id": "d" } }, single],
                           "options": { "evaluations_semantic": "deny_on_first_deny", "another_option": "value" } });
        let Asked::Many(all, semantic) = many(body.to_string().as_bytes()).unwrap() else { panic!("many") };
        assert_eq!(semantic, Semantic::DenyOnFirstDeny);
        assert!(all[0].is_ok() && all[5].is_ok());
        for (at, word) in
            [(1, "subject is missing"), (2, "invalid type"), (3, "invalid type"), (4, "missing field `type`")]
        {
            let why = all[at].as_ref().unwrap_err();
            assert!(why.contains(word), "{at}: {why}");
        }
    }

    #[test]
    fn what_is_no_question_is_refused_with_the_member() {
        let whole = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" },
                            "resource": { "type": "c", "id": "d" } });
        for (member, value, word) in [
            ("subject", json!(null), "subject is missing"),
            ("subject", json!("alice"), "invalid type"),
            ("subject", json!({ "type": "user" }), "missing field `id`"),
            ("action", json!({}), "missing field `name`"),
            ("action", json!({ "name": 3 }), "invalid type"),
            ("action", json!({ "name": "" }), "action.name is empty"),
            ("subject", json!({ "type": "user", "id": " " }), "subject.id is empty"),
            ("subject", json!({ "type": "", "id": "a" }), "subject.type is empty"),
            ("subject", json!({ "type": "user", "id": 7 }), "invalid type"),
            ("subject", json!({ "type": "user", "id": "a", "properties": [] }), "invalid type"),
            ("resource", json!({ "type": "c", "id": "" }), "resource.id is empty"),
            ("resource", json!({ "type": null, "id": "d" }), "invalid type"),
            ("resource", json!({ "type": "c", "id": "d\u{0}" }), "control characters"),
            ("resource", json!(null), "resource is missing"),
            ("context", json!([]), "invalid type"),
            ("context", json!({ "amount": 1.5 }), "amount"),
            ("context", json!({ "amount": { "amount": "1", "currency": "XXXX" } }), "amount"),
            ("context", json!({ "note": "x".repeat(2000) }), "1,024 bytes"),
        ] {
            let mut body = whole.clone();
            body[member] = value;
            let why = one(body.to_string().as_bytes()).unwrap_err();
            assert!(why.contains(word), "{member}: {why}");
        }
        for body in ["", "{", "[]", "3", "{} {}", "\u{0}"] {
            assert!(one(body.as_bytes()).is_err() && many(body.as_bytes()).is_err(), "{body}");
        }
        let mut body = whole.clone();
        body["options"] = json!({ "evaluations_semantic": "guess" });
        assert!(many(body.to_string().as_bytes()).unwrap_err().contains("unknown variant"));
        body["options"] = json!({});
        body["evaluations"] = json!(vec![json!({}); 101]);
        assert!(many(body.to_string().as_bytes()).unwrap_err().contains("at most 100"));
        let deep = format!("{{\"context\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert!(one(deep.as_bytes()).is_err());
    }
}
