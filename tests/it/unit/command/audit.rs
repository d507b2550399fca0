use serde_json::{Value, json};

use kith::command::audit::*;

#[test]
fn h35_secrets_are_hidden_wherever_they_stand() {
    let hidden = without_secrets(json!({
        "name": "xiaoli", "newPassword": "hunter2", "list": [{ "token_hash": [1, 2] }], "count": 3,
    }));
    assert_eq!(
        hidden,
        json!({ "name": "xiaoli", "newPassword": "***", "list": [{ "token_hash": "***" }], "count": 3 })
    );
}

#[test]
fn the_hash_does_not_depend_on_the_order_of_keys() {
    let text = |value: Value| sorted(&value).to_string();
    assert_eq!(
        text(json!({ "b": 1, "a": { "d": [{ "y": 1, "x": 2 }], "c": 2 } })),
        r#"{"a":{"c":2,"d":[{"x":2,"y":1}]},"b":1}"#
    );
}
