//! h35: a known phone, e-mail address, ID number, card number and password in every text input of the schema, against the program
//! as it is served: none of them stands in a log line, a metric, an error, or in the files of the database afterwards.
//!
//! The inputs are found by walking the schema, so a new one is covered without a line here. Those whose text the requirements
//! have stored as it is (names, titles, reasons) are listed in [`STORED`]; they too must stay out of logs, metrics and errors.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::cli::{Server, kith};

/// What must not be found.
const CANARIES: [&str; 5] =
    ["+8613971236548", "canary.h35@example.org", "11010519491231002X", "6228480402564890018", "Canary-Parola-7731"];

/// Inputs whose text is kept as it is given, because the requirements say so: names, titles, reasons and settings.
const STORED: &[&str] = &[
    "registerAccount.input.login",
    "registerAccount.input.displayName",
    "openShop.input.name",
    "createItem.input.title",
    "requestRefund.input.reason",
    "rejectRefund.input.reason",
    "createPosition.input.name",
    "updatePosition.input.name",
    "createSubAccount.input.name",
    "createSubAccount.input.displayName",
    "inviteManager.input.name",
    "inviteManager.input.displayName",
    "inviteFamilyMember.input.name",
    "configureService.input.settings",
    "compensateFromDeposit.input.reason",
    "contestAssociationSignal.input.reason",
    "decideVerification.input.reason",
    "openVerification.input.reason",
    "lookUpAssociations.input.reason",
    "recordViolation.input.reason",
    "payOutDonations.input.reference",
    "reportIntimatePayment.input.reason",
    "setBadRecord.input.reason",
    "sendRedPacket.input.name",
    "saveDeskGroup.input.name",
    "saveDeskGroup.input.pages",
    "contactShop.input.page",
    "reportMessage.input.remark",
    "closeMessageReport.input.finding",
    "listCharityOrganisation.input.name",
    "listCharityOrganisation.input.website",
    "issueServiceToken.input.label",
];

const INTROSPECTION: &str = "{ __schema { types { kind name
    fields { name args { name type { ...T } } type { ...T } }
    inputFields { name defaultValue type { ...T } } enumValues { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The types of a schema by their names.
struct Types(Map<String, Value>);

impl Types {
    fn read(schema: &Value) -> Self {
        let types = schema["data"]["__schema"]["types"].as_array().unwrap();
        Self(types.iter().map(|of| (of["name"].as_str().unwrap().to_owned(), of.clone())).collect())
    }

    fn fields(&self, name: &str) -> Vec<Value> {
        self.0[name]["fields"].as_array().cloned().unwrap_or_default()
    }

    /// Where texts go into a value of a type: paths of names. Lists are entered, inputs that hold themselves are not entered twice.
    fn leaves(&self, of: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
        let (kind, name) = (of["kind"].as_str().unwrap(), of["name"].as_str().unwrap_or_default());
        match kind {
            "NON_NULL" | "LIST" => self.leaves(&of["ofType"], path, found),
            "SCALAR" if !["Int", "Float", "Boolean"].contains(&name) => found.push(path.to_vec()),
            "INPUT_OBJECT" if path.len() < 6 => {
                for field in self.0[name]["inputFields"].as_array().unwrap() {
                    let below = [path, &[field["name"].as_str().unwrap().to_owned()]].concat();
                    self.leaves(&field["type"], &below, found);
                }
            }
            _ => {}
        }
    }

    /// A value of a type with a text at a path: what else is needed gets something plausible, the rest is left out.
    fn value(&self, of: &Value, name: &str, path: Option<&[String]>, text: &str) -> Value {
        let (kind, type_name) = (of["kind"].as_str().unwrap(), of["name"].as_str().unwrap_or_default());
        match kind {
            "NON_NULL" => self.value(&of["ofType"], name, path, text),
            "LIST" => json!([self.value(&of["ofType"], name, path, text)]),
            "ENUM" => self.0[type_name]["enumValues"][0]["name"].clone(),
            "INPUT_OBJECT" => {
                let mut object = Map::new();
                for field in self.0[type_name]["inputFields"].as_array().unwrap() {
                    let field_name = field["name"].as_str().unwrap();
                    let next = path.and_then(|path| path.split_first()).filter(|(first, _)| *first == field_name);
                    let needed = field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null();
                    if next.is_some() || needed {
                        let below = next.map(|(_, rest)| rest);
                        object.insert(field_name.to_owned(), self.value(&field["type"], field_name, below, text));
                    }
                }
                Value::Object(object)
            }
            _ if path.is_some_and(<[String]>::is_empty) => json!(text),
            _ => plausible(type_name, name),
        }
    }
}

fn plausible(type_name: &str, name: &str) -> Value {
    match (type_name, name) {
        ("Int", _) => json!(1),
        ("Float", _) => json!(1.0),
        ("Boolean", _) => json!(true),
        ("Decimal", _) => json!("1.00"),
        ("DateTime", _) => json!("2027-01-01T00:00:00Z"),
        (_, "password" | "newPassword") => json!("kith-demo-password"),
        (_, "login") => json!(format!("bird{}", rand::random_range(0..1_000_000_000_u32))),
        (_, "timeZone") => json!("Asia/Shanghai"),
        ("CurrencyCode", _) => json!("CNY"),
        _ => json!("Canary control"),
    }
}

fn written(of: &Value) -> String {
    match of["kind"].as_str().unwrap() {
        "NON_NULL" => format!("{}!", written(&of["ofType"])),
        "LIST" => format!("[{}]", written(&of["ofType"])),
        _ => of["name"].as_str().unwrap().to_owned(),
    }
}

fn named(of: &Value) -> &str {
    of["name"].as_str().unwrap_or_else(|| named(&of["ofType"]))
}

/// One input: an operation with one text variable in it.
struct Input {
    name: String,
    query: String,
    /// The arguments and the path of the text in them.
    field: Value,
    path: Vec<String>,
}

/// Every text input of the fields of a type, which stand within `before` and `after`.
fn inputs(types: &Types, root: &str, before: &str, after: &str, prefix: &str) -> Vec<Input> {
    let mut all = Vec::new();
    for field in types.fields(root) {
        let args = field["args"].as_array().unwrap().clone();
        let name = field["name"].as_str().unwrap();
        let result = &types.0[named(&field["type"])];
        let mut selection = String::new();
        if result["kind"] != "SCALAR" && result["kind"] != "ENUM" {
            let fields = result["fields"].as_array().cloned().unwrap_or_default();
            let refusals = fields.iter().any(|field| field["name"] == "userErrors");
            selection = if refusals { "{ userErrors { code field message } }" } else { "{ __typename }" }.to_owned();
        }
        let mut leaves = Vec::new();
        for arg in &args {
            types.leaves(&arg["type"], &[arg["name"].as_str().unwrap().to_owned()], &mut leaves);
        }
        for path in leaves {
            let given: Vec<&Value> =
                args.iter().filter(|arg| arg["name"] == *path[0] || arg["type"]["kind"] == "NON_NULL").collect();
            let declared = given.iter().map(|a| format!("${}: {}", a["name"].as_str().unwrap(), written(&a["type"])));
            let passed = given.iter().map(|a| format!("{0}: ${0}", a["name"].as_str().unwrap()));
            let (declared, passed) = (declared.collect::<Vec<_>>().join(", "), passed.collect::<Vec<_>>().join(", "));
            all.push(Input {
                name: format!("{prefix}{name}.{}", path.join(".")),
                query: format!("OPERATION({declared}) {before} {name}({passed}) DIRECTIVE {selection} {after}"),
                field: Value::Array(given.into_iter().cloned().collect()),
                path,
            });
        }
    }
    all
}

impl Input {
    fn variables(&self, types: &Types, text: &str) -> Value {
        let args = self.field.as_array().unwrap().iter().map(|arg| {
            let name = arg["name"].as_str().unwrap();
            let path = (self.path[0] == name).then(|| &self.path[1..]);
            (name.to_owned(), types.value(&arg["type"], name, path, text))
        });
        Value::Object(args.collect())
    }
}

/// Everything that the files below a folder hold, and where.
fn search(folder: &Path, words: &[&str], found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, words, found);
            continue;
        }
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for word in words {
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.insert((*word).to_owned());
            }
        }
    }
}

fn none_in(text: &str, what: &str) {
    for canary in CANARIES {
        assert!(
            !text.contains(canary) && !text.contains(canary.trim_start_matches("+86")),
            "{canary} stands in {what}: {text:.2000}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h35_canaries_in_every_input_are_found_in_no_log_metric_error_or_file_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("kith.log");
    let stderr = std::fs::File::create(&log).unwrap();
    let mut command = kith(folder.path());
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).env("KITH_LOG__LEVEL", "trace");
    let server = Server::start_logging(&mut command, Stdio::from(stderr));
    let (url, client) = (format!("http://{}", server.address), reqwest::Client::new());
    let personas: Value = client.get(format!("{url}/demo/personas")).send().await.unwrap().json().await.unwrap();
    let token = |id: &str| {
        let all = personas["personas"].as_array().unwrap();
        all.iter().find(|p| p["id"] == id).unwrap()["token"].as_str().unwrap().to_owned()
    };
    let ask = async |token: &str, query: &str, variables: Value| {
        let body = json!({ "query": query, "variables": variables });
        let request = client.post(format!("{url}/graphql")).bearer_auth(token).json(&body);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let types = Types::read(&ask(&token("aurora"), INTROSPECTION, Value::Null).await);
    let mut all = inputs(&types, "Mutation", "{", "}", "");
    for (root, before, after, prefix) in
        [("Query", "{", "}", ""), ("Viewer", "{ viewer {", "} }", "viewer."), ("Shop", "{ shop {", "} }", "shop.")]
    {
        all.extend(inputs(&types, root, before, after, prefix));
    }
    assert!(all.len() > 80, "the schema was not walked: {}", all.len());
    let known: BTreeSet<&str> = all.iter().map(|input| input.name.as_str()).collect();
    let gone: Vec<&&str> = STORED.iter().filter(|name| !known.contains(**name)).collect();
    assert!(gone.is_empty(), "not in the schema: {gone:?}");

    let mut accepted = 0;
    for stored in [false, true] {
        for input in all.iter().filter(|input| STORED.contains(&input.name.as_str()) == stored) {
            let kind = if known_mutation(&types, &input.name) { "mutation" } else { "query" };
            let query = input.query.replace("OPERATION", kind);
            for persona in ["aurora", "operator"] {
                let who = token(persona);
                let answers = join_all(CANARIES.iter().map(async |canary| {
                    let variables = input.variables(&types, canary);
                    let answer = ask(&who, &query.replace("DIRECTIVE", ""), variables.clone()).await;
                    if answer["errors"][0]["extensions"]["argument"] != "idempotent.key" {
                        return answer;
                    }
                    let key = format!("@idempotent(key: \"{}\")", uuid::Uuid::now_v7());
                    ask(&who, &query.replace("DIRECTIVE", &key), variables).await
                }))
                .await;
                for answer in &answers {
                    assert_ne!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{}: {answer}", input.name);
                    none_in(&answer.to_string(), &format!("the answer to {}", input.name));
                    accepted += usize::from(answer["errors"].is_null());
                }
                // What a seller may do, an operator need not try as well.
                if answers.iter().any(|answer| answer["errors"][0]["extensions"]["code"] != "FORBIDDEN") {
                    break;
                }
            }
        }
        let metrics = client.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("kith_http_requests_total"));
        none_in(&metrics, "the metrics");
        if !stored {
            // What was committed stands in the files at once: the database's journal is written before the answer.
            let mut found = BTreeSet::new();
            let words = [&CANARIES[..], &["13971236548", "Canary control"]].concat();
            search(&folder.path().join("data"), &words, &mut found);
            assert_eq!(found, BTreeSet::from(["Canary control".to_owned()]), "in the files of the database");
        }
    }
    assert!(accepted > all.len(), "hardly anything was accepted: {accepted} of {} inputs", all.len());
    assert_eq!(server.signal("-TERM"), Some(0));
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.lines().count() > 20, "the log was read: {log}");
    for line in log.lines() {
        none_in(line, "the log");
    }
}

fn known_mutation(types: &Types, name: &str) -> bool {
    let field = name.split('.').next().unwrap();
    types.fields("Mutation").iter().any(|mutation| mutation["name"] == field)
}
