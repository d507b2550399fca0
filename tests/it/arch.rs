//! Who may use whom (design, "Layout"), read from the sources, and what building costs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The layers from the bottom up. Those of one line do not use each other, except as `SIDEWAYS` says.
const LAYERS: &[&[&str]] = &[
    &["kernel"],
    &["config", "telemetry"],
    &["db"],
    &["providers"],
    &["permissions", "plugins"],
    &["command", "graphql"],
    &["domains/accounts"],
    &["domains/payments"],
    &["domains/family", "domains/certification"],
    &["domains/association"],
    &["domains/intimate_pay"],
    &["domains/shops"],
    &["domains/staff", "domains/services", "domains/apps", "domains/audit", "domains/notifications", "domains/plugins"],
    &["domains/service_desk"],
    &["worker", "server"],
    &["app", "cli"],
];

/// A configuration is told by the log; plugins answer the engine, which knows none of them; resolvers run commands; the program's commands start the application.
const SIDEWAYS: &[(&str, &str)] =
    &[("config", "telemetry"), ("plugins", "permissions"), ("graphql", "command"), ("cli", "app")];

/// Hear of other domains by events only, so they name none.
const LISTENERS: &[&str] = &["domains/audit", "domains/notifications"];

struct Source {
    path: PathBuf,
    text: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<Source>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(Source { path, text });
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 100, "the sources were not found");
    found
}

impl Source {
    fn inside(&self) -> &Path {
        self.path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap()
    }

    /// The lines of code: comments may name whom they like.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//"))
    }

    /// The paths behind `crate::`, braces opened: `crate::{db::Db, kernel::Fault}` gives both.
    fn used(&self) -> Vec<Vec<String>> {
        let code = self.code().collect::<Vec<_>>().join("\n");
        let mut paths = Vec::new();
        for (at, _) in code.match_indices("crate::") {
            // `$crate::` stands in macros and means the same.
            paths.extend(expand(&code[at + "crate::".len()..]));
        }
        paths
    }

    fn layer(&self) -> Option<String> {
        let parts: Vec<_> =
            self.inside().iter().map(|p| p.to_str().unwrap().trim_end_matches(".rs").to_owned()).collect();
        layer_of(&parts)
    }
}

fn expand(text: &str) -> Vec<Vec<String>> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.is_empty() {
        let Some(inner) = rest.strip_prefix('{') else { return Vec::new() };
        let mut depth = 1;
        let close = inner
            .char_indices()
            .find(|(_, c)| {
                depth += match c {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                depth == 0
            })
            .map_or(inner.len(), |(at, _)| at);
        return split(&inner[..close]).into_iter().flat_map(|part| expand(part.trim())).collect();
    }
    match rest.strip_prefix("::").map(expand) {
        Some(below) if !below.is_empty() => {
            below.into_iter().map(|path| std::iter::once(word.to_owned()).chain(path).collect()).collect()
        }
        _ => vec![vec![word.to_owned()]],
    }
}

/// The parts between the commas that stand in no braces of their own.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn layer_of(parts: &[String]) -> Option<String> {
    match parts {
        [first, second, ..] if first == "domains" && second != "mod" => Some(format!("domains/{second}")),
        [first, ..] if !["lib", "main", "domains"].contains(&first.as_str()) => Some(first.clone()),
        _ => None,
    }
}

fn height(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|line| line.contains(&layer))
}

#[test]
fn paths_are_read_whatever_their_shape() {
    let paths = |text| expand(text).into_iter().map(|p| p.join("::")).collect::<Vec<_>>();
    assert_eq!(paths("db::{pool::{Conn, Pool}, schema as s}, x"), ["db::pool::Conn", "db::pool::Pool", "db::schema"]);
    assert_eq!(paths("{db::Db, kernel}"), ["db::Db", "kernel"]);
    assert_eq!(paths("connection;"), ["connection"]);
}

#[test]
fn each_layer_uses_only_what_stands_above_it() {
    let mut wrong = BTreeSet::new();
    for source in sources() {
        let Some(own) = source.layer() else { continue };
        let at = source.inside().display().to_string();
        let Some(own_height) = height(&own) else {
            wrong.insert(format!("{at}: the layer {own} is not in LAYERS"));
            continue;
        };
        for path in source.used() {
            let Some(used) = layer_of(&path).filter(|used| *used != own) else { continue };
            // A macro at the root of the crate is nobody's layer.
            let Some(used_height) = height(&used) else { continue };
            let sideways = SIDEWAYS.contains(&(own.as_str(), used.as_str()));
            let told = used.starts_with("domains/") && LISTENERS.contains(&own.as_str());
            if (used_height >= own_height && !sideways) || told {
                wrong.insert(format!("{at} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Inside an aggregate: graphql → ops → store → model.
#[test]
fn a_model_knows_no_store_and_a_store_no_operation() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|s| s.inside().starts_with("domains")) {
        let forbidden: &[&str] = match source.path.file_name().unwrap().to_str().unwrap() {
            "model.rs" => &["store", "ops", "loaders", "graphql"],
            "store.rs" => &["ops", "loaders", "graphql"],
            _ if source.inside().components().any(|c| c.as_os_str() == "ops") => &["graphql", "mutations"],
            _ => &[],
        };
        for line in source.code() {
            for name in forbidden {
                if line.contains(&format!("super::{name}")) || line.contains(&format!("crate::{name}::")) {
                    wrong.push(format!("{}: {line}", source.inside().display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Decision 2: resolvers hold no SQL, and nothing but the door opens a transaction that writes.
#[test]
fn resolvers_hold_no_sql_and_only_the_door_writes() {
    let mut wrong = Vec::new();
    for source in sources() {
        let at = source.inside().display().to_string();
        let resolver = at.ends_with("graphql.rs") || at.ends_with("mutations.rs");
        if resolver && source.code().any(|line| line.contains("diesel")) {
            wrong.push(format!("{at} holds SQL"));
        }
        let opens = source.code().any(|line| line.contains(".transaction"));
        // Verifying reads one snapshot; the demo makes the operator, whom no command can make.
        let may = ["command/", "db/", "worker/", "app/demo/"].iter().any(|folder| at.starts_with(folder))
            || at.ends_with("/verify.rs");
        if opens && !may {
            wrong.push(format!("{at} opens a transaction"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `[lib] test = false`: a test inside the library would never run.
#[test]
fn statements_run_where_they_stay_prepared() {
    for source in sources().iter().filter(|source| !source.inside().ends_with("db/prepared.rs")) {
        let past = source.code().find(|line| line.contains("diesel_async") && line.contains("RunQueryDsl"));
        assert_eq!(past, None, "{}: crate::db::RunQueryDsl keeps them prepared", source.inside().display());
    }
}

#[test]
fn the_librarys_tests_stand_outside_of_it() {
    for source in sources() {
        let inside = source.code().find(|line| line.contains("cfg(test)") || line.trim_start().starts_with("#[test]"));
        assert_eq!(inside, None, "{}: move the test to tests/it/unit", source.inside().display());
    }
}

/// The features of every crate that the program is built of, as `cargo run` chooses them, or with the tests.
fn features(of: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--format", "{p}|{f}"])
        .args(of)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        if let Some((package, features)) = line.trim_end_matches(" (*)").split_once('|') {
            found.entry(package.to_owned()).or_default().insert(features.to_owned());
        }
    }
    found
}

/// Whoever runs the README's first command and then the tests, or `cargo doc` after clippy, waits for every crate once.
#[test]
fn running_and_testing_share_what_is_built() {
    let testing = features(&["--workspace"]);
    let differing: Vec<_> = features(&["--edges", "no-dev"])
        .into_iter()
        .filter(|(package, own)| testing.get(package) != Some(own))
        .collect();
    assert!(differing.is_empty(), "ask for the tests' features in [dependencies] too: {differing:#?}");
}
