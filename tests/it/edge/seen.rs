//! What operators see: metrics, log lines, health; and the playground.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kith::server::Readiness;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::ws::Ws;
use super::{Options, Server, answer, code, config};

#[tokio::test]
async fn metrics_count_by_fixed_labels() {
    let handle = PrometheusBuilder::new().install_recorder().unwrap();
    let server = Server::with(Options { config: config(), metrics: Some(handle), ..Options::default() }).await;
    server.lives().await;
    server.query("mutation { bump }").await;
    server.query("{").await;
    server.query("{ fails }").await;
    for path in ["/secret-1", "/secret-2"] {
        server.client.get(server.url(path)).send().await.unwrap();
    }
    let _ws = Ws::ready(&server).await;
    let response = server.client.get(server.url("/metrics")).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let text = response.text().await.unwrap();
    for line in [
        r#"kith_http_requests_total{route="/graphql",status="200"} 3"#,
        r#"kith_http_requests_total{route="/graphql",status="400"} 1"#,
        r#"kith_http_requests_total{route="other",status="404"} 2"#,
        r#"kith_graphql_operations_total{type="query",outcome="ok"} 1"#,
        r#"kith_graphql_operations_total{type="mutation",outcome="ok"} 1"#,
        r#"kith_graphql_operations_total{type="unknown",outcome="refused"} 1"#,
        r#"kith_graphql_operations_total{type="query",outcome="errors"} 1"#,
        "kith_ws_connections 1",
        r#"kith_http_request_seconds_count{route="/graphql"}"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("secret"));
}

#[tokio::test]
async fn without_metrics_there_is_no_path_for_them() {
    let server = Server::start().await;
    let (status, body) = answer(server.client.get(server.url("/metrics"))).await;
    assert_eq!((status, code(&body)), (404, "NOT_FOUND"));
}

struct Parts(AtomicBool);

impl Readiness for Parts {
    fn check(&self) -> BoxFuture<'_, Result<(), &'static str>> {
        async { if self.0.load(SeqCst) { Ok(()) } else { Err("database") } }.boxed()
    }
}

#[tokio::test]
async fn health_and_readiness_differ() {
    let parts = Arc::new(Parts(AtomicBool::new(false)));
    let readiness: Arc<dyn Readiness> = parts.clone();
    let server = Server::with(Options { config: config(), readiness: Some(readiness), ..Options::default() }).await;
    let get = |path: &str| answer(server.client.get(server.url(path)));
    assert_eq!(get("/healthz").await, (200, json!({ "status": "ok" })));
    assert_eq!(get("/readyz").await, (503, json!({ "status": "unready", "missing": "database" })));
    parts.0.store(true, SeqCst);
    assert_eq!(get("/readyz").await, (200, json!({ "status": "ready" })));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Current-thread runtime, so that the subscriber of this thread sees the server too.
#[tokio::test]
async fn h35_one_line_per_operation_and_no_secret_in_it() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start().await;
    let body = json!({ "query": "query Canary($t: String!) { echo(text: $t) c1: echo(text: \"CANARY-literal\") }",
        "variables": { "t": "CANARY-variable" } });
    let request = server.post(&body).header("authorization", "Bearer CANARY-token").header("kith-client", "web/1");
    let request = request.header("x-request-id", "theirs");
    let response = request.send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(response.text().await.unwrap().contains("CANARY-variable"));
    let panicked = server.post(&json!({ "query": "query Panics { boom }" })).send().await.unwrap();
    let panicked = panicked.headers()["x-request-id"].to_str().unwrap().to_owned();
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("1", "query OverWs { echo(text: \"CANARY-ws\") }").await;
    ws.next().await;
    ws.next().await;
    ws.subscribe("2", "{ CANARYfield }").await;
    ws.next().await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let own: Vec<Value> = text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let own: Vec<_> = own.iter().filter(|l: &&Value| l["target"].as_str().unwrap().starts_with("kith")).collect();
    let access: Vec<_> = own.iter().filter(|l| l["target"] == "kith::access").map(|l| &l["fields"]).collect();
    assert_eq!(access.len(), 4, "{access:#?}");
    assert_eq!((&access[0]["request_id"], &access[0]["operation"]), (&json!(id), &json!("Canary")));
    assert_eq!(
        (&access[0]["kind"], &access[0]["outcome"], &access[0]["client"]),
        (&json!("query"), &json!("OK"), &json!("web/1"))
    );
    assert_eq!(access[0]["client_request_id"], "theirs");
    assert!(access[0]["duration_us"].is_u64());
    assert_eq!((&access[1]["request_id"], &access[1]["outcome"]), (&json!(panicked), &json!("INTERNAL")));
    assert_eq!((&access[2]["operation"], &access[2]["transport"]), (&json!("OverWs"), &json!("WebSocket")));
    assert_eq!(access[3]["outcome"], "GRAPHQL_VALIDATION_FAILED");
    for line in own {
        assert!(!line.to_string().contains("CANARY"), "{line}");
    }
    let told = |l: &&Value| l["fields"]["panic"].is_string() && l["fields"]["request_id"] == json!(panicked);
    let parsed: Vec<Value> = text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    assert!(parsed.iter().any(|l| told(&l)), "the panic is in the log, with the request id");
}

#[tokio::test]
async fn the_playground_comes_from_the_binary_under_a_policy() {
    let server = Server::start().await;
    let page = server.client.get(server.url("/")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let html = page.text().await.unwrap();
    let files = html.split('"').filter(|part| part.starts_with("/playground/"));
    for file in files {
        let response = server.client.get(server.url(file)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{file}");
        assert_ne!(response.headers()["content-type"], "text/plain; charset=utf-8", "{file}");
    }
    for path in ["/playground/nothing.js", "/playground/..%2findex.html", "/playground/", "/nowhere"] {
        let (status, body) = answer(server.client.get(server.url(path))).await;
        assert_eq!((status, code(&body)), (404, "NOT_FOUND"), "{path}");
    }
}
