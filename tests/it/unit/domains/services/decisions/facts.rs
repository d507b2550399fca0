use serde_json::{Value, json};

use kith::domains::services::decisions::facts::*;
use kith::permissions::arbiter::{Fact, Facts};

#[test]
fn only_what_a_plugin_can_be_told_becomes_a_fact() {
    let mut facts = Facts::new();
    let context = json!({
        "copies": 3, "ratio": 0.5, "fast": true, "printer": "p1", "list": [1], "nested": { "a": 1 }, "none": null,
        "settings.max_copies": 9,
    });
    add(&mut facts, context.as_object().unwrap()).unwrap();
    let names: Vec<&str> = facts.keys().map(String::as_str).collect();
    assert_eq!(names, ["copies", "fast", "printer", "ratio"]);
    assert_eq!(facts["copies"], Fact::Int(3));
    assert!(add(&mut facts, json!({ "x": "y".repeat(1025) }).as_object().unwrap()).is_err());
    let many: serde_json::Map<String, Value> = (0..70).map(|n| (format!("f{n}"), json!(n))).collect();
    assert!(add(&mut Facts::new(), &many).is_err());
}
