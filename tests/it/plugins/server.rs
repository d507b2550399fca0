//! The shipped program: the demo starts with the examples in use, and takes its children with it however it ends.

use std::time::Duration;

use serde_json::{Value, json};

use super::kit::until;
use crate::cli::{Server, kith};

/// The processes of isolated plugins whose server runs in `folder`.
fn children(folder: &std::path::Path) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let is_host = line.split(|byte| *byte == 0).nth(1) == Some(&b"plugin-host"[..]);
        let here = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder);
        let zombie = std::fs::read_to_string(entry.path().join("stat")).is_ok_and(|stat| stat.contains(") Z "));
        if is_host && here && !zombie {
            found.push(pid);
        }
    }
    found
}

async fn ask(server: &Server, token: &str, query: &str) -> Value {
    let client = reqwest::Client::new();
    let request = client.post(format!("http://{}/graphql", server.address)).json(&json!({ "query": query }));
    let request = if token.is_empty() { request } else { request.bearer_auth(token) };
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_starts_with_its_examples_and_no_child_outlives_a_killed_server() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().canonicalize().unwrap();
    let mut command = kith(&here);
    // Patient: a busy machine is not what this is about.
    command.env("KITH_PLUGINS__START_LIMIT_MS", "30000");
    let server = Server::start(command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let personas: Value =
        reqwest::get(format!("http://{}/demo/personas", server.address)).await.unwrap().json().await.unwrap();
    let aurora = personas["personas"].as_array().unwrap().iter().find(|one| one["id"] == "aurora").unwrap();
    let token = aurora["token"].as_str().unwrap();
    let page = ask(&server, token, "{ permissionCatalog { family permissions { code service } } }").await;
    let text = page.to_string();
    for code in ["acme_print.waybill.print", "erp_sync.stock.push"] {
        assert!(text.contains(code), "{code} is missing in {text}");
    }
    // Two of the three run isolated.
    until("two children run", async || children(&here).len() == 2).await;
    let metrics = reqwest::get(format!("http://{}/metrics", server.address)).await.unwrap().text().await.unwrap();
    for plugin in ["acme-print", "erp-sync", "risk-guard"] {
        for figure in ["kith_plugin_ready", "kith_plugin_calls_total", "kith_plugin_crashes_total"] {
            let line = format!("{figure}{{plugin=\"{plugin}\",release=\"1\"}}");
            assert!(metrics.contains(&line), "{line} is missing in {metrics}");
        }
    }
    assert_eq!(server.signal("-KILL"), None);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(children(&here), Vec::<u32>::new(), "a child outlived its server");
}
