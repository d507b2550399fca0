//! The README's examples run as they stand.

use std::path::Path;
use std::process::Command;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::cli::{Server, kith};
use crate::support::app::TestApp;

/// The blocks of the README that a shell runs.
pub fn blocks(readme: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if line == "```bash" {
            blocks.push(lines.by_ref().take_while(|line| *line != "```").fold(String::new(), |b, l| b + l + "\n"));
        }
    }
    blocks
}

/// The blocks as one script that stops at the first answer without what `#>` says. The commands before a group of `#>`
/// lines run in the same shell, so that what one sets the next can use.
pub fn script(blocks: &[String]) -> String {
    let mut script = "set -eu\nOUT=$(mktemp)\n".to_owned();
    for block in blocks {
        let mut commands = String::new();
        let mut open = true;
        for line in block.lines().chain(["\u{0}"]) {
            if let Some(expected) = line.strip_prefix("#> ") {
                if open {
                    script += &format!("{{\n{commands}}} > \"$OUT\" 2>&1\ncat \"$OUT\"\n");
                    commands.clear();
                    open = false;
                }
                let quoted = expected.replace('\'', r"'\''");
                script += &format!("grep -qF -- '{quoted}' \"$OUT\" || {{ echo 'MISSING: {quoted}'; exit 1; }}\n");
            } else if line != "\u{0}" {
                open = true;
                commands += line;
                commands.push('\n');
            }
        }
        assert!(commands.is_empty(), "commands without an expectation: {commands}");
    }
    script
}

/// The demo when the hours of its grants are open.
fn demo_at_noon(folder: &Path) -> Server {
    let noon = "2026-11-21T12:00:00+08:00";
    Server::start(kith(folder).args(["serve", "--demo", "--listen", "127.0.0.1:0", "--demo-clock", noon]))
}

#[test]
fn the_readmes_examples_run_as_they_stand() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let blocks = blocks(&readme);
    assert!(blocks.len() >= 6, "{} blocks", blocks.len());
    let folder = tempfile::tempdir().unwrap();
    let server = demo_at_noon(folder.path());
    let output = Command::new("bash")
        .args(["-c", &script(&blocks)])
        .env("KITH", format!("http://{}", server.address))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches(r#""state":"APPROVED""#).count(), 5, "a dry run, its real run and retry, two more: {text}");
}

/// What the playground offers is what the schema takes; whoever is not the right persona is still refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_playgrounds_examples_are_valid() {
    let app = TestApp::start().await;
    // What is not valid never ran: its error has no path and no code yet.
    let invalid = async |query: &str| {
        let mut answer = None;
        if query.lines().any(|line| line.starts_with("subscription")) {
            answer = app.subscribe_as(None, query, json!({})).await.next().await;
        }
        let answer = match answer {
            Some(answer) => answer,
            None => app.run(None, query, json!({})).await,
        };
        let error = answer.0["errors"][0].clone();
        error.is_object() && error["path"].is_null() && error["extensions"]["code"].is_null()
    };
    assert!(invalid("{ viewer }").await && invalid("subscription { viewer }").await, "the check can fail");
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/playground/examples")).unwrap();
    let files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 30);
    for file in files {
        assert!(!invalid(&std::fs::read_to_string(&file).unwrap()).await, "{}", file.display());
    }
    app.stop().await;
}

/// What is shown in order to be refused as a whole.
const DENIED: &[&str] = &["03-denied", "07-too-much", "86-close-shop"];

/// Each example of the playground, as the persona that it is for, in the order of the list: every placeholder is filled in, and nothing
/// is denied that is not meant to be.
#[tokio::test(flavor = "multi_thread")]
async fn server_every_example_of_the_playground_runs_as_its_persona() {
    let folder = tempfile::tempdir().unwrap();
    let server = demo_at_noon(folder.path());
    let http = reqwest::Client::new();
    let get = async |path: &str| -> Value {
        http.get(format!("http://{}{path}", server.address)).send().await.unwrap().json().await.unwrap()
    };
    let (personas, examples) = (get("/demo/personas").await, get("/demo/examples.json").await);
    let token = |id: &Value| {
        let mut all = personas["personas"].as_array().unwrap().iter();
        all.find(|persona| persona["id"] == *id).unwrap()["token"].as_str().unwrap()
    };
    let mut faults = Vec::new();
    for example in examples.as_array().unwrap() {
        let (id, query) = (example["id"].as_str().unwrap(), example["query"].as_str().unwrap());
        if query.contains("{{") {
            faults.push(format!("{id}: {query}"));
        }
        if query.contains("subscription {") {
            continue;
        }
        let request = http.post(format!("http://{}/graphql", server.address)).bearer_auth(token(&example["persona"]));
        let answer: Value = request.json(&json!({ "query": query })).send().await.unwrap().json().await.unwrap();
        if answer["errors"].is_array() != DENIED.contains(&id) {
            faults.push(format!("{id}: {answer:#}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
