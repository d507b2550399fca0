//! Answers are checked against SQL before anything is measured.

use std::net::SocketAddr;

use kith::permissions::catalogue;
use serde_json::Value;
use tokio_postgres::Client;

use super::cases::{self, Case, Question, Request};
use super::http::send;
use crate::Failure;
use crate::ids::key;

/// The questions of a case that are checked.
pub const SAMPLE: usize = 40;

/// Brings an answer, or what SQL says it should be, into one form.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(name, value)| {
                    let value = match (name.as_str(), value) {
                        ("id", Value::String(id)) => key(&id).map_or(Value::String(id), |key| key.to_string().into()),
                        ("code", Value::Number(n)) => {
                            let number = n.as_u64().and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX);
                            catalogue::code(number).into()
                        }
                        (name, Value::String(at)) if name.ends_with("At") => chrono::DateTime::parse_from_rfc3339(&at)
                            .map_or(Value::String(at), |at| at.timestamp_micros().into()),
                        (_, other) => plain(other),
                    };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(values) => Value::Array(values.into_iter().map(plain).collect()),
        other => other,
    }
}

/// The data of an answer; pages that were asked for under other names are joined.
fn data(mut answer: Value) -> Value {
    let data = answer["data"].take();
    if data["shop"]["p0"].is_null() {
        return data;
    }
    let pages = data["shop"].as_object().map(|shop| {
        let mut pages: Vec<_> = shop.iter().collect();
        pages.sort_by_key(|(name, _)| name[1..].parse::<usize>().unwrap_or(0));
        pages.into_iter().flat_map(|(_, page)| page["edges"].as_array().cloned().unwrap_or_default()).collect()
    });
    serde_json::json!({ "shop": { "subAccounts": { "edges": Value::Array(pages.unwrap_or_default()) } } })
}

/// Asks every `n`th question of a case and compares the answer with what SQL says.
pub async fn run(
    server: SocketAddr,
    case: &Case,
    client: &Client,
    how: fn(&Question) -> &Request,
    questions: &[Question],
) -> Result<(), Failure> {
    for question in questions {
        let answer = send(server, how(question))?;
        let rows = i64::try_from(question.rows)?;
        let said = plain(data(answer.clone()));
        let truth = client.query_opt(cases::truth(case), &[&question.about, &rows]).await?;
        let truth = truth.map(|row| plain(row.get::<_, Value>(0))).unwrap_or_default();
        if said != truth || !answer["errors"].is_null() {
            let asked = how(question);
            return Err(format!(
                "{}: a wrong answer to {} {}\n{answer}\ninstead of\n{truth}",
                case.name, asked.path, asked.body
            )
            .into());
        }
    }
    Ok(())
}
