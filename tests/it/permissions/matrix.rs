//! Every field that says what it requires, called as every persona: compared with its declaration and with `policy.txt`.
//!
//! A change of policy is a line in a diff. To write the file anew: `UPDATE_POLICY=1 cargo nextest run matrix`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, TypeKind, TypeSystemDefinition};
use async_graphql::{Positioned, Value};
use futures_util::StreamExt as _;
use kith::server::schema;
use serde_json::json;

use crate::support::app::{Persona, TestApp};
use crate::support::declared::undeclared;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/permissions/policy.txt");

/// A field that says what it requires.
struct Field {
    parent: String,
    name: String,
    /// In words.
    requirement: String,
    /// Name and type of each argument that has to be given, and of ids that may be.
    arguments: Vec<(String, String)>,
    /// Whether it gives objects, of which something has to be selected.
    object: bool,
}

impl Field {
    fn full_name(&self) -> String {
        format!("{}.{}", self.parent, self.name)
    }

    /// An operation that reaches this field, and its variables.
    fn operation(&self, inputs: &Inputs, shop: &str) -> (String, serde_json::Value) {
        let mut variables = json!({});
        let (mut declared, mut given) = (String::new(), String::new());
        for (name, kind) in &self.arguments {
            let shop_id = name == "shopId" || (self.full_name() == "Query.shop" && name == "id");
            variables[name] = if shop_id { json!(shop) } else { sample(inputs, kind) };
            write!(declared, "${name}: {kind} ").unwrap();
            write!(given, "{name}: ${name} ").unwrap();
        }
        let wrap = |text: String| if text.is_empty() { text } else { format!("({text})") };
        let select = if self.object { " { __typename }" } else { "" };
        let call = format!("{}{}", self.name, wrap(given));
        let text = match self.parent.as_str() {
            "Mutation" => format!("mutation{} {{ {call} @dryRun{select} }}", wrap(declared)),
            "Subscription" => format!("subscription{} {{ {call}{select} }}", wrap(declared)),
            "Query" => format!("query{} {{ {call}{select} }}", wrap(declared)),
            "Viewer" => format!("query{} {{ viewer {{ {call}{select} }} }}", wrap(declared)),
            "Shop" => {
                variables["shop"] = json!(shop);
                format!("query($shop: ID! {declared}) {{ shop(id: $shop) {{ {call}{select} }} }}")
            }
            other => panic!("no way to {other}.{} is known here: add one", self.name),
        };
        (text, variables)
    }
}

/// Every field that says what it requires, by name.
fn fields() -> Vec<Field> {
    let definitions = parse_schema(schema::sdl()).unwrap().definitions;
    let types = || {
        definitions.iter().filter_map(|d| match d {
            TypeSystemDefinition::Type(Positioned { node, .. }) => Some(node),
            _ => None,
        })
    };
    let leaves: Vec<&str> = types()
        .filter(|t| matches!(t.kind, TypeKind::Scalar | TypeKind::Enum(_)))
        .map(|t| t.name.node.as_str())
        .chain(["ID", "String", "Int", "Float", "Boolean"])
        .collect();
    let mut found = Vec::new();
    for definition in types() {
        let TypeKind::Object(object) = &definition.kind else { continue };
        for Positioned { node: field, .. } in &object.fields {
            let words: Vec<String> = field.directives.iter().filter_map(|d| words(&d.node)).collect();
            if words.is_empty() {
                continue;
            }
            let kind = field.ty.node.to_string();
            let arguments = field.arguments.iter().map(|a| (a.node.name.node.to_string(), a.node.ty.node.to_string()));
            found.push(Field {
                parent: definition.name.node.to_string(),
                name: field.name.node.to_string(),
                requirement: words.join(" and "),
                arguments: arguments.filter(|(name, kind)| kind.ends_with('!') || name == "shopId").collect(),
                object: !leaves.contains(&kind.trim_matches(['[', ']', '!'])),
            });
        }
    }
    found.sort_by_key(Field::full_name);
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
            let words = match (argument("account"), argument("service")) {
                (Some(_), _) => "an account",
                (_, Some(_)) => "a log-in or a service's token",
                _ => "a log-in",
            };
            Some(words.to_owned())
        }
        _ => None,
    }
}

/// Whether somebody with `codes` meets a requirement.
fn meets(requirement: &str, codes: &[String], logged_in: bool, account: bool) -> bool {
    match requirement {
        "everybody" => true,
        "a log-in" | "a log-in or a service's token" => logged_in,
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

/// Whether a call got past the guard of its field. What is behind it may still find nothing, or refuse.
async fn passes(app: &TestApp, who: Option<&Persona>, field: &Field, inputs: &Inputs, shop: &str) -> bool {
    let (query, variables) = field.operation(inputs, shop);
    let token = who.map(|who| who.token.as_str());
    let answer = match field.parent.as_str() {
        "Subscription" => {
            let mut stream = app.subscribe_as(token, &query, variables).await;
            match tokio::time::timeout(Duration::from_millis(300), stream.next()).await {
                Ok(answer) => answer.unwrap(),
                // It waits for something to happen.
                Err(_) => return true,
            }
        }
        _ => app.run(token, &query, variables).await,
    };
    // Nobody's viewer is nothing: then the field was never asked.
    let parent_missing =
        answer.0.get("errors").is_none() && field.parent == "Viewer" && answer.0["data"]["viewer"].is_null();
    let denied = ["FORBIDDEN", "UNAUTHENTICATED"].contains(&answer.code());
    let code = answer.code();
    // A step-up is asked for by the command, behind the guard.
    let behind = ["", "NOT_FOUND", "BAD_USER_INPUT", "STEP_UP_REQUIRED"].contains(&code);
    assert!(behind || denied, "{query}: {answer:?}");
    assert!(!answer.0["errors"].is_array() || !code.is_empty(), "it is no question at all: {query}: {answer:?}");
    !(denied || parent_missing)
}

/// Calls every field as everybody, compares with what the field declares and with the file.
#[tokio::test(flavor = "multi_thread")]
async fn r5_1_h21_the_policy_is_the_one_on_file_for_every_field_and_persona() {
    let app = TestApp::start().await;
    let (seller, buyer) = (app.account("aurora").await, app.account("buyer").await);
    let shop = app.shop(&seller).await;
    let service = app.clerk(&shop, "service", &["item.read", "order.read", "refund.read", "refund.reject"]).await;
    let finance = app.clerk(&shop, "finance", &["item.read", "order.read", "refund.read", "audit.read"]).await;
    let operator = app.operator(&["platform.audit.read", "platform.account.disable"]).await;
    let mut personas = vec![("anonymous", None, Vec::new(), false)];
    let named =
        [("main", &seller), ("service", &service), ("finance", &finance), ("buyer", &buyer), ("operator", &operator)];
    for (name, who) in named {
        let data =
            app.ok(who, "{ viewer { isSubAccount seats { permissions } platformPermissions } }", json!({})).await;
        let viewer = &data["viewer"];
        let seats = viewer["seats"].as_array().unwrap();
        let codes = seats.iter().flat_map(|seat| seat["permissions"].as_array().unwrap().clone());
        let codes = codes.chain(viewer["platformPermissions"].as_array().unwrap().clone());
        let codes: Vec<String> = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
        personas.push((name, Some(who), codes, viewer["isSubAccount"] == json!(false)));
    }
    let mut text =
        String::from("# field | requires | who passes its guard (the record's own shop is checked behind it)\n");
    let inputs = inputs();
    for field in fields() {
        let mut through = Vec::new();
        for (name, who, codes, account) in &personas {
            let passed = passes(&app, *who, &field, &inputs, &shop).await;
            let declared = meets(&field.requirement, codes, who.is_some(), *account);
            assert_eq!(passed, declared, "{} as {name}", field.full_name());
            if passed {
                through.push(*name);
            }
        }
        writeln!(text, "{} | {} | {}", field.full_name(), field.requirement, through.join(" ")).unwrap();
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

type Inputs = BTreeMap<String, Vec<(String, String)>>;

/// The required fields of every input object, and the first value of every enum.
fn inputs() -> Inputs {
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
fn sample(inputs: &Inputs, kind: &str) -> serde_json::Value {
    let kind = kind.trim_end_matches('!');
    if kind.starts_with('[') {
        return json!([]);
    }
    match inputs.get(kind).map(Vec::as_slice) {
        Some([(value, tag)]) if tag == "enum" => json!(value),
        Some(fields) => fields.iter().map(|(name, kind)| (name.clone(), sample(inputs, kind))).collect(),
        None if kind == "Int" => json!(1),
        None if kind == "Boolean" => json!(true),
        None if kind == "CurrencyCode" => json!("CNY"),
        None if kind == "DateTime" => json!("2026-11-21T04:00:00Z"),
        None => json!("1"),
    }
}
