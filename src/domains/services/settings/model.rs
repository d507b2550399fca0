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
