use serde_json::json;

use kith::domains::services::decisions::model::Question;
use kith::server::authzen::read::*;

fn questions(asked: Asked) -> Vec<Question> {
    match asked {
        Asked::One(question, _) => vec![*question],
        Asked::Many(questions, _) => questions.into_iter().map(Result::unwrap).collect(),
    }
}

/// The request of section 5 of the standard (the Access Evaluation API).
#[test]
fn the_standards_single_request_is_read() {
    let body = json!({
        "subject": { "type": "user", "id": "alice@acmecorp.com" },
        "resource": { "type": "account", "id": "123" },
        "action": { "name": "can_read", "properties": { "method": "GET" } },
        "context": { "time": "1985-10-26T01:22-07:00" }
    });
    let [question] = &questions(one(body.to_string().as_bytes()).unwrap())[..] else { panic!("one") };
    assert_eq!((question.subject.as_str(), question.action.as_str()), ("alice@acmecorp.com", "can_read"));
    assert_eq!(question.resource, Some(("account".to_owned(), "123".to_owned())));
    assert_eq!(question.facts.keys().collect::<Vec<_>>(), ["method", "time"]);
    assert_eq!(question.amount, None);
}

/// The third request of section 6 (boxcarring): a default action that the last evaluation overrides.
#[test]
fn the_standards_defaults_hold_for_those_that_do_not_say_it_themselves() {
    let body = json!({
        "subject": { "type": "user", "id": "alice@acmecorp.com" },
        "context": { "time": "2024-05-31T15:22-07:00" },
        "action": { "name": "can_read" },
        "evaluations": [
            { "resource": { "type": "document", "id": "boxcarring.md" } },
            { "resource": { "type": "document", "id": "subject-search.md" } },
            { "action": { "name": "can_edit" }, "resource": { "type": "document", "id": "resource-search.md" } }
        ]
    });
    let read = questions(many(body.to_string().as_bytes()).unwrap());
    let actions: Vec<&str> = read.iter().map(|question| question.action.as_str()).collect();
    assert_eq!(actions, ["can_read", "can_read", "can_edit"]);
    assert!(read.iter().all(|question| question.subject == "alice@acmecorp.com" && question.facts.len() == 1));
}

#[test]
fn without_the_array_many_are_one_and_a_bad_one_among_many_is_only_itself() {
    let single = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" },
                         "resource": { "type": "c", "id": "d" } });
    for body in [single.clone(), {
        let mut body = single.clone();
        body["evaluations"] = json!([]);
        body
    }] {
        assert!(matches!(many(body.to_string().as_bytes()).unwrap(), Asked::One(..)));
    }
    let body = json!({ "evaluations": [single, { "action": { "name": "b" } }, { "subject": "alice" }, 7,
                                       { "resource": { "id": "d" } }, single],
                       "options": { "evaluations_semantic": "deny_on_first_deny", "another_option": "value" } });
    let Asked::Many(all, semantic) = many(body.to_string().as_bytes()).unwrap() else { panic!("many") };
    assert_eq!(semantic, Semantic::DenyOnFirstDeny);
    assert!(all[0].is_ok() && all[5].is_ok());
    for (at, word) in [(1, "subject is missing"), (2, "invalid type"), (3, "invalid type"), (4, "missing field `type`")]
    {
        let why = all[at].as_ref().unwrap_err();
        assert!(why.contains(word), "{at}: {why}");
    }
}

#[test]
fn what_is_no_question_is_refused_with_the_member() {
    let whole = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "b" },
                        "resource": { "type": "c", "id": "d" } });
    for (member, value, word) in [
        ("subject", json!(null), "subject is missing"),
        ("subject", json!("alice"), "invalid type"),
        ("subject", json!({ "type": "user" }), "missing field `id`"),
        ("action", json!({}), "missing field `name`"),
        ("action", json!({ "name": 3 }), "invalid type"),
        ("action", json!({ "name": "" }), "action.name is empty"),
        ("subject", json!({ "type": "user", "id": " " }), "subject.id is empty"),
        ("subject", json!({ "type": "", "id": "a" }), "subject.type is empty"),
        ("subject", json!({ "type": "user", "id": 7 }), "invalid type"),
        ("subject", json!({ "type": "user", "id": "a", "properties": [] }), "invalid type"),
        ("resource", json!({ "type": "c", "id": "" }), "resource.id is empty"),
        ("resource", json!({ "type": null, "id": "d" }), "invalid type"),
        ("resource", json!({ "type": "c", "id": "d\u{0}" }), "control characters"),
        ("resource", json!(null), "resource is missing"),
        ("context", json!([]), "invalid type"),
        ("context", json!({ "amount": 1.5 }), "amount"),
        ("context", json!({ "amount": { "amount": "1", "currency": "XXXX" } }), "amount"),
        ("context", json!({ "note": "x".repeat(2000) }), "1,024 bytes"),
    ] {
        let mut body = whole.clone();
        body[member] = value;
        let why = one(body.to_string().as_bytes()).unwrap_err();
        assert!(why.contains(word), "{member}: {why}");
    }
    for body in ["", "{", "[]", "3", "{} {}", "\u{0}"] {
        assert!(one(body.as_bytes()).is_err() && many(body.as_bytes()).is_err(), "{body}");
    }
    let mut body = whole.clone();
    body["options"] = json!({ "evaluations_semantic": "guess" });
    assert!(many(body.to_string().as_bytes()).unwrap_err().contains("unknown variant"));
    body["options"] = json!({});
    body["evaluations"] = json!(vec![json!({}); 101]);
    assert!(many(body.to_string().as_bytes()).unwrap_err().contains("at most 100"));
    let deep = format!("{{\"context\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert!(one(deep.as_bytes()).is_err());
}
