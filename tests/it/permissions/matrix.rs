//! Every field that says what it requires, against every persona of the demo: compared with `policy.txt`.
//!
//! A change of policy is a line in a diff. To write the file anew: `UPDATE_POLICY=1 cargo nextest run matrix`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, TypeKind, TypeSystemDefinition};
use async_graphql::{Positioned, Value};
use kith::server::schema;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::declared::undeclared;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/permissions/policy.txt");

/// What one field says: `Type.field` and its requirement in words.
fn requirements() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for definition in parse_schema(schema::sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(Positioned { node, .. }) = definition else { continue };
        let TypeKind::Object(object) = &node.kind else { continue };
        for field in &object.fields {
            let words: Vec<String> = field.node.directives.iter().filter_map(|d| words(&d.node)).collect();
            if !words.is_empty() {
                found.insert(format!("{}.{}", node.name.node, field.node.name.node), words.join(" and "));
            }
        }
    }
    found
}

fn words(directive: &ConstDirective) -> Option<String> {
    let argument = |name: &str| directive.get_argument(name).map(|value| value.node.clone());
    match directive.name.node.as_str() {
        "public" => Some("everybody".to_owned()),
        "requires" => {
            if let Some(Value::String(code)) = argument("permission") {
                return Some(code);
            }
            if let Some(any) = argument("anyOf") {
                return Some(format!("one of {any}"));
            }
            Some(if argument("account").is_some() { "an account" } else { "a log-in" }.to_owned())
        }
        _ => None,
    }
}

/// Whether somebody with `codes` meets a requirement.
fn meets(requirement: &str, codes: &[String], logged_in: bool, account: bool) -> bool {
    match requirement {
        "everybody" => true,
        "a log-in" => logged_in,
        "an account" => account,
        other => match other.strip_prefix("one of ") {
            Some(any) => codes.iter().any(|code| any.contains(&format!("\"{code}\""))),
            None => other.split(" and ").all(|code| codes.iter().any(|held| held == code)),
        },
    }
}

#[test]
fn r5_1_h21_every_field_says_what_it_requires() {
    assert_eq!(undeclared(&schema::sdl()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_the_one_on_file() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let service = app.clerk(&shop, "service", &["item.read", "order.read", "refund.read", "refund.reject"]).await;
    let finance = app.clerk(&shop, "finance", &["item.read", "order.read", "refund.read", "audit.read"]).await;
    let mut personas = vec![("anonymous", Vec::new(), false, false)];
    for (name, who) in [("main", &seller), ("service", &service), ("finance", &finance), ("buyer", &buyer)] {
        let data =
            app.ok(who, "{ viewer { isSubAccount seats { permissions } platformPermissions } }", json!({})).await;
        let viewer = &data["viewer"];
        let seats = viewer["seats"].as_array().unwrap();
        let codes = seats.iter().flat_map(|seat| seat["permissions"].as_array().unwrap().clone());
        let codes: Vec<String> = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
        personas.push((name, codes, true, viewer["isSubAccount"] == json!(false)));
    }
    let mut text =
        String::from("# field | requires | who passes its guard (the record's own shop is checked behind it)\n");
    for (field, requirement) in requirements() {
        let who: Vec<&str> = personas
            .iter()
            .filter(|(_, codes, logged_in, account)| meets(&requirement, codes, *logged_in, *account))
            .map(|(name, ..)| *name)
            .collect();
        writeln!(text, "{field} | {requirement} | {}", who.join(" ")).unwrap();
    }
    if std::env::var_os("UPDATE_POLICY").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let on_file = std::fs::read_to_string(FILE).unwrap_or_default();
    for (should, is) in on_file.lines().zip(text.lines()) {
        assert_eq!(is, should, "the policy changed; see the head of this test");
    }
    assert_eq!(text.lines().count(), on_file.lines().count(), "fields were added or removed");
    app.stop().await;
}

/// The required fields of every input object, and the first value of every enum.
fn inputs() -> BTreeMap<String, Vec<(String, String)>> {
    let mut found = BTreeMap::new();
    for definition in parse_schema(schema::sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(Positioned { node, .. }) = definition else { continue };
        let fields = match &node.kind {
            TypeKind::InputObject(input) => input
                .fields
                .iter()
                .map(|field| (field.node.name.node.to_string(), field.node.ty.to_string()))
                .filter(|(_, kind)| kind.ends_with('!'))
                .collect(),
            TypeKind::Enum(all) => vec![(all.values[0].node.value.node.to_string(), "enum".to_owned())],
            _ => continue,
        };
        found.insert(node.name.node.to_string(), fields);
    }
    found
}

/// A value of a type that is well formed and means nothing.
fn sample(inputs: &BTreeMap<String, Vec<(String, String)>>, kind: &str) -> serde_json::Value {
    let kind = kind.trim_end_matches('!');
    if kind.starts_with('[') {
        return json!([]);
    }
    match inputs.get(kind).map(Vec::as_slice) {
        Some([(value, tag)]) if tag == "enum" => json!(value),
        Some(fields) => fields.iter().map(|(name, kind)| (name.clone(), sample(inputs, kind))).collect(),
        None if kind == "Int" => json!(1),
        None if kind == "Boolean" => json!(true),
        None if kind == "DateTime" => json!("2026-11-21T04:00:00Z"),
        None => json!("1"),
    }
}

/// Calls every root field that needs a permission as a buyer without any: each is denied, none is found.
#[tokio::test(flavor = "multi_thread")]
async fn r5_1_h21_every_guarded_mutation_denies_whoever_has_no_right() {
    let app = TestApp::start().await;
    let buyer = app.account("buyer").await;
    let required = requirements();
    let inputs = inputs();
    let mut tried = 0;
    for definition in parse_schema(schema::sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(Positioned { node, .. }) = definition else { continue };
        let TypeKind::Object(object) = &node.kind else { continue };
        if node.name.node != "Mutation" {
            continue;
        }
        for field in &object.fields {
            let name = field.node.name.node.as_str();
            let requirement = &required[&format!("Mutation.{name}")];
            if ["everybody", "a log-in", "an account"].contains(&requirement.as_str()) {
                continue;
            }
            let kind = field.node.arguments.iter().find(|a| a.node.name.node == "input").map(|a| a.node.ty.to_string());
            let Some(kind) = kind else { continue };
            let query = format!("mutation($input: {kind}) {{ {name}(input: $input) {{ __typename }} }}");
            let input = sample(&inputs, kind.trim_end_matches('!'));
            let answer = app.run(Some(&buyer.token), &query, json!({ "input": input })).await;
            assert_eq!(answer.code(), "FORBIDDEN", "{name}: {:?}", answer.0);
            tried += 1;
        }
    }
    assert!(tried >= 10, "{tried} guarded mutations");
    app.stop().await;
}
