//! From the body of a request to questions.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domains::services::decisions::facts;
use crate::domains::services::decisions::model::{MOST, Question};
use crate::kernel::money::WrittenAmount;
use crate::permissions::arbiter::Facts;

/// What is asked about, each part of it perhaps left to a default.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Evaluation {
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
pub enum Semantic {
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
pub enum Asked {
    /// One question, and whether the service goes ahead on a yes.
    One(Box<Question>, bool),
    /// Many; each may be none by itself.
    Many(Vec<Result<Question, String>>, Semantic),
}

/// Reads the body of `/evaluation`.
pub fn one(body: &[u8]) -> Result<Asked, String> {
    let mut evaluation: Evaluation = json(body)?;
    let goes_ahead = match evaluation.context.as_mut().and_then(|context| context.remove("use")) {
        None => false,
        Some(Value::Bool(goes_ahead)) => goes_ahead,
        Some(_) => return Err("context.use: true or false".to_owned()),
    };
    evaluation.question().map(|question| Asked::One(Box::new(question), goes_ahead))
}

/// Reads the body of `/evaluations`: without the array it is a single question.
pub fn many(body: &[u8]) -> Result<Asked, String> {
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
