use serde_json::{Value, json};

use kith::domains::services::settings::model::*;
use kith::permissions::arbiter::{Field, FieldKind};

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
