use serde_json::{Value, json};

use kith::domains::audit::model::*;
use kith::kernel::ids::{LedgerEntryId, TypedId};

#[test]
fn the_detail_becomes_lines() {
    let entry = LedgerEntryId::generate();
    let lines = details(&json!({
        "reason": "LIMIT_PER_DAY",
        "constraints": { "perDay": 50_000, "hours": null },
        "sub": ["a", true],
        "ledger": { "entry": entry.uuid(), "amount": 1 },
    }));
    let lines: Vec<(&str, &str)> = lines.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let entry = entry.to_string();
    assert_eq!(
        lines,
        [
            ("reason", "LIMIT_PER_DAY"),
            ("constraints.perDay", "50000"),
            ("sub.0", "a"),
            ("sub.1", "true"),
            ("ledger.entry", entry.as_str()),
            ("ledger.amount", "1"),
        ]
    );
    assert!(details(&Value::Null).is_empty());
    assert_eq!(details(&Value::Array(vec![json!(1); 1000])).len(), 100, "lists are capped");
}
