//! From decisions to the body of an answer.

use serde_json::{Value, json};

use crate::domains::services::decisions::model::{Decision, Obligation};

/// One decision, as the standard writes it; what Kith adds stands in `context`.
pub(super) fn decision(decision: &Decision) -> Value {
    let mut context = serde_json::Map::new();
    if let Some(reason) = decision.reason {
        context.insert("reason".to_owned(), json!(reason));
    }
    if let Some(message) = &decision.message {
        context.insert("reason_user".to_owned(), json!({ "en": message.en, "zh-CN": message.zh }));
    }
    if let Some(denial) = decision.explanation.as_ref().and_then(|explanation| explanation.denial.as_ref()) {
        for (key, value) in
            [("limit", &denial.limit), ("remaining", &denial.remaining), ("resets_at", &denial.resets_at)]
        {
            if let Some(value) = value {
                context.insert(key.to_owned(), json!(value));
            }
        }
        if let Some(step_up) = denial.step_up {
            context.insert("step_up".to_owned(), json!(step_up));
        }
    }
    if !decision.obligations.is_empty() {
        let one = |one: &Obligation| json!({ "kind": one.kind, "value": one.value, "source": one.source });
        context.insert("obligations".to_owned(), decision.obligations.iter().map(one).collect());
    }
    answer(decision.allowed, context)
}

/// The answer to what is no question, among others that are.
pub(super) fn malformed(why: &str) -> Value {
    let mut context = serde_json::Map::new();
    context.insert("error".to_owned(), json!({ "status": 400, "message": why }));
    answer(false, context)
}

fn answer(allowed: bool, context: serde_json::Map<String, Value>) -> Value {
    let mut answer = json!({ "decision": allowed });
    if !context.is_empty() {
        answer["context"] = Value::Object(context);
    }
    answer
}
