//! What can be set, and whether a value may be. Pure.
//!
//! The schemas are a third party's. They are compiled without any way to the outside (a `$ref` to a file or a host does not
//! resolve), with a regex engine that takes linear time, on values within bounds.

use boon::{Compiler, Draft, Schemas, SchemeUrlLoader};
use serde_json::{Map, Value};

use crate::kernel::Text;
pub use crate::permissions::arbiter::{Field, FieldKind};

/// The most bytes of a set of settings, as JSON: what a plugin takes.
pub const LARGEST: usize = 65_536;
/// The most levels of arrays and objects in a value.
pub const DEEPEST: usize = 16;

/// Why settings are refused. The key is the service's own word, not a person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadSettings {
    /// Not an object.
    NotAnObject,
    /// Too many bytes.
    TooLarge,
    /// Nested too deeply.
    TooDeep,
    /// A character that no database keeps: U+0000.
    Null,
    /// The service has no such setting.
    UnknownKey(String),
    /// A value is not of the setting's kind, or does not satisfy its schema: the key, what is expected, and where.
    Value(String, String),
    /// The service's schema is no JSON Schema, which is the publisher's fault.
    Schema(String),
}

impl BadSettings {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnObject | Self::Value(..) | Self::Null => "SETTINGS_INVALID",
            Self::TooLarge => "SETTINGS_TOO_LARGE",
            Self::TooDeep => "SETTINGS_TOO_DEEP",
            Self::UnknownKey(_) => "SETTINGS_UNKNOWN_KEY",
            Self::Schema(_) => "SERVICE_SCHEMA_INVALID",
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            Self::NotAnObject => Text::new(
                "Give the settings as an object of keys and values; settingsSchema lists the keys.",
                "请以对象形式提供设置,可用的键见 settingsSchema。",
            ),
            Self::TooLarge => Text::new("The settings take more than 64 KiB.", "设置内容超过 64 KiB。"),
            Self::TooDeep => Text::new("The settings are nested more than 16 levels deep.", "设置内容嵌套超过 16 层。"),
            Self::Null => Text::new("A text holds U+0000. Take it out.", "文本包含 U+0000,请去掉。"),
            Self::UnknownKey(key) => Text::made(
                format!("The service has no setting {key:?}; settingsSchema lists them."),
                format!("该服务没有设置项 {key:?},可用设置项见 settingsSchema。"),
            ),
            Self::Value(key, why) => Text::made(
                format!("The value of {key:?} does not fit: {why}."),
                format!("{key:?} 的值不符合要求:{why}。"),
            ),
            Self::Schema(key) => Text::made(
                format!("The service describes {key:?} with a schema that is none. Tell its publisher."),
                format!("该服务对 {key:?} 的描述无效,请联系服务商。"),
            ),
        }
    }
}

/// Checks values: bounds first, then each key against the field of its name. Keys may be left out.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(fields: &[Field], values: &Value) -> Result<Map<String, Value>, BadSettings> {
    let Value::Object(object) = values else { return Err(BadSettings::NotAnObject) };
    within_bounds(values)?;
    for (key, value) in object {
        let field = fields.iter().find(|field| field.key == *key);
        let field = field.ok_or_else(|| BadSettings::UnknownKey(key.chars().take(64).collect()))?;
        check_value(field, value)?;
    }
    Ok(object.clone())
}

/// Size, depth and characters, without recursion: the values are a stranger's.
fn within_bounds(values: &Value) -> Result<(), BadSettings> {
    let mut left = vec![(values, 1_usize)];
    let mut size = 0_usize;
    while let Some((value, depth)) = left.pop() {
        if depth > DEEPEST + 1 {
            return Err(BadSettings::TooDeep);
        }
        let mut text = |text: &str| {
            size += text.len() + 2;
            if text.contains('\0') { Err(BadSettings::Null) } else { Ok(()) }
        };
        match value {
            Value::String(value) => text(value)?,
            Value::Array(items) => left.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(map) => {
                for (key, value) in map {
                    text(key)?;
                    left.push((value, depth + 1));
                }
            }
            _ => {}
        }
        size += 2;
        if size > LARGEST {
            return Err(BadSettings::TooLarge);
        }
    }
    let exact = serde_json::to_string(values).map_or(usize::MAX, |text| text.len());
    if exact > LARGEST { Err(BadSettings::TooLarge) } else { Ok(()) }
}

fn check_value(field: &Field, value: &Value) -> Result<(), BadSettings> {
    let fits = match field.kind {
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::Integer | FieldKind::Money => value.is_i64(),
        FieldKind::Number => value.is_number(),
        FieldKind::Text => value.is_string(),
        FieldKind::Json => true,
    };
    if !fits {
        return Err(BadSettings::Value(field.key.clone(), format!("it must be {}", field.kind.words())));
    }
    let Some(schema) = &field.schema else { return Ok(()) };
    let bad_schema = || BadSettings::Schema(field.key.clone());
    let mut compiler = Compiler::new();
    // Nowhere to load from: not a file, not a host.
    compiler.use_loader(Box::new(SchemeUrlLoader::new()));
    compiler.set_default_draft(Draft::V2020_12);
    compiler.add_resource(PLACE, schema.clone()).map_err(|_| bad_schema())?;
    let mut schemas = Schemas::new();
    let index = compiler.compile(PLACE, &mut schemas).map_err(|_| bad_schema())?;
    schemas.validate(value, index).map_err(|error| {
        // The innermost cause says what is wanted; the first of several will do.
        let mut cause = &error;
        while let Some(inner) = cause.causes.first() {
            cause = inner;
        }
        let why = format!("at '{}': {}", cause.instance_location, cause.kind);
        BadSettings::Value(field.key.clone(), why.chars().take(200).collect())
    })
}

/// The address of the schema in hand. Nothing is fetched from it.
const PLACE: &str = "kith:///setting";

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use serde_json::json;

    fn field(key: &str, kind: FieldKind, schema: Option<Value>) -> Field {
        Field { key: key.into(), title: key.into(), kind, default: None, schema }
    }

    fn fields() -> Vec<Field> {
        vec![
            field("copies", FieldKind::Integer, Some(json!({ "type": "integer", "minimum": 1, "maximum": 1000 }))),
            field(
                "printers",
                FieldKind::Json,
                Some(json!({ "type": "array", "items": { "type": "string", "maxLength": 4 } })),
            ),
            field("label", FieldKind::Text, Some(json!({ "pattern": "^(a+)+$" }))),
            field("price", FieldKind::Money, None),
            field("on", FieldKind::Boolean, None),
            field("free", FieldKind::Json, None),
        ]
    }

    #[test]
    fn r4_16_values_are_checked_against_kind_and_schema() {
        let good = json!({ "copies": 3, "printers": ["p1"], "on": false, "price": 1, "free": { "a": [1, null] } });
        assert_eq!(Value::Object(check(&fields(), &good).unwrap()), good);
        assert!(check(&fields(), &json!({})).unwrap().is_empty());
        for (bad, code, word) in [
            (json!({ "copies": 0 }), "SETTINGS_INVALID", "copies"),
            (json!({ "copies": 1001 }), "SETTINGS_INVALID", "1000"),
            (json!({ "copies": 1.5 }), "SETTINGS_INVALID", "integer"),
            (json!({ "copies": "3" }), "SETTINGS_INVALID", "integer"),
            (json!({ "copies": null }), "SETTINGS_INVALID", "integer"),
            (json!({ "price": 18_446_744_073_709_551_615_u64 }), "SETTINGS_INVALID", "price"),
            (json!({ "printers": ["p1", 2] }), "SETTINGS_INVALID", "/1"),
            (json!({ "printers": "p1" }), "SETTINGS_INVALID", "printers"),
            (json!({ "on": 1 }), "SETTINGS_INVALID", "true or false"),
            (json!({ "Copies": 3 }), "SETTINGS_UNKNOWN_KEY", "Copies"),
            (json!({ "free": "a\u{0}b" }), "SETTINGS_INVALID", "U+0000"),
            (json!([]), "SETTINGS_INVALID", "object"),
            (json!("x"), "SETTINGS_INVALID", "object"),
            (json!({ "free": "x".repeat(LARGEST) }), "SETTINGS_TOO_LARGE", "64 KiB"),
        ] {
            let why = check(&fields(), &bad).unwrap_err();
            assert_eq!(why.code(), code, "{bad:.60}");
            assert!(why.message().en.contains(word), "{:?}", why.message());
        }
        let mut deep = json!(1);
        for _ in 0..100_000 {
            deep = Value::Array(vec![deep]);
        }
        let mut values = json!({ "free": null });
        values["free"] = deep;
        assert_eq!(check(&fields(), &values).unwrap_err(), BadSettings::TooDeep);
        // Dropping it level by level: serde_json would recurse.
        let mut left = values["free"].take();
        while let Value::Array(mut items) = left {
            left = items.pop().unwrap_or(Value::Null);
        }
    }

    #[test]
    fn a_strangers_schema_reaches_nothing_and_takes_no_time() {
        let outside = |schema| [field("x", FieldKind::Json, Some(schema))];
        for schema in [
            json!({ "$ref": "file:///etc/passwd" }),
            json!({ "$ref": "http://127.0.0.1:1/x" }),
            json!({ "type": 3 }),
            json!({ "$ref": "#/nowhere" }),
            json!("text"),
        ] {
            let why = check(&outside(schema.clone()), &json!({ "x": 1 })).unwrap_err();
            assert_eq!(why, BadSettings::Schema("x".into()), "{schema}");
        }
        let before = std::time::Instant::now();
        let evil = json!({ "label": format!("{}b", "a".repeat(50_000)) });
        assert_eq!(check(&fields(), &evil).unwrap_err().code(), "SETTINGS_INVALID");
        assert!(before.elapsed() < std::time::Duration::from_secs(5), "{:?}", before.elapsed());
        // A schema may refer to itself.
        let list = json!({ "type": ["object", "null"], "properties": { "next": { "$ref": "#" } } });
        assert!(check(&outside(list), &json!({ "x": { "next": { "next": null } } })).is_ok());
    }
}
