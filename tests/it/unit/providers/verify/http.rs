use serde_json::{Value, json};
use uuid::Uuid;

use kith::providers::verify::Verdict;
use kith::providers::verify::http::*;

#[test]
fn an_answer_that_contradicts_itself_decides_nothing() {
    let id = Uuid::now_v7();
    let said = |verdict: &str, score: Value| json!({ "id": id, "verdict": verdict, "score": score });
    assert_eq!(read(id, &said("match", json!(95))), Ok(Verdict::Match));
    assert_eq!(read(id, &said("mismatch", json!(12))), Ok(Verdict::Mismatch("VERIFIER_MISMATCH")));
    assert_eq!(read(id, &said("unsure", Value::Null)), Ok(Verdict::Unsure("VERIFIER_UNSURE")));
    for (verdict, score) in [("match", json!(12)), ("mismatch", json!(95))] {
        assert_eq!(read(id, &said(verdict, score)), Err("VERIFIER_CONTRADICTORY"));
    }
    for (verdict, score) in [("match", Value::Null), ("match", json!(101)), ("yes", json!(95)), ("", json!("95"))] {
        assert_eq!(read(id, &said(verdict, score)), Err("VERIFIER_GARBLED"), "{verdict}");
    }
    assert_eq!(read(Uuid::now_v7(), &said("match", json!(95))), Err("VERIFIER_CONTRADICTORY"), "another's answer");
    assert_eq!(read(id, &Value::Null), Err("VERIFIER_CONTRADICTORY"));
}
