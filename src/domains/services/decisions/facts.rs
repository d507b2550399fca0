//! From a JSON object to the facts that a plugin is told.

use serde_json::Value;

use crate::kernel::Text;
use crate::permissions::arbiter::{Fact, Facts};

/// The most facts of a question.
const MOST: usize = 64;
/// The most bytes of a name or a text.
const LONGEST: usize = 1024;

/// Adds the members of an object that are booleans, numbers and texts, in place of those of the same names. Others are passed
/// over: a plugin knows no lists.
///
/// # Errors
/// Too many, or one too long.
pub fn add(facts: &mut Facts, object: &serde_json::Map<String, Value>) -> Result<(), Text> {
    for (name, value) in object {
        let fact = match value {
            Value::Bool(value) => Fact::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(value), _) => Fact::Int(value),
                (None, Some(value)) => Fact::Float(value),
                (None, None) => continue,
            },
            Value::String(value) if value.len() > LONGEST => return Err(too_long()),
            Value::String(value) => Fact::Text(value.clone()),
            Value::Null | Value::Array(_) | Value::Object(_) => continue,
        };
        if name.len() > LONGEST {
            return Err(too_long());
        }
        // What Kith itself says stands under names of its own, which nobody else uses.
        if name.starts_with("settings.") {
            continue;
        }
        facts.insert(name.clone(), fact);
        if facts.len() > MOST {
            return Err(Text::new("A question has at most 64 facts.", "每个问题最多包含 64 个属性。"));
        }
    }
    Ok(())
}

/// What something is done to, as a service names it: a kind and an id that a trail can show.
///
/// # Errors
/// Control characters.
pub fn resource(kind: String, id: String) -> Result<(String, String), Text> {
    if kind.chars().chain(id.chars()).any(char::is_control) {
        return Err(Text::new(
            "The type and the id of a resource have no control characters.",
            "资源的类型和 ID 不能包含控制字符。",
        ));
    }
    Ok((kind, id))
}

fn too_long() -> Text {
    Text::new("A name or text of the context has more than 1,024 bytes.", "属性名或文本超过 1,024 字节。")
}
