//! h30: panics. h13: clients that go away. Deadlines.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use reqwest::Client;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{PATIENCE, Server, answer, code, until};

#[tokio::test]
async fn h30_a_panicking_resolver_gives_an_answer_and_nothing_away() {
    let server = Server::start().await;
    for query in ["{ boom }", "{ hello boom }", "mutation { boom }"] {
        let response = server.post(&json!({ "query": query })).send().await.unwrap();
        assert_eq!(response.status(), 500, "{query}");
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let text = response.text().await.unwrap();
        assert!(text.contains("\"INTERNAL\"") && text.contains(&id), "{text}");
        for secret in ["secret", "SELECT", "panic", ".rs", "src/"] {
            assert!(!text.contains(secret), "{text}");
        }
        server.lives().await;
    }
    let request = server.post(&json!({ "query": "{ hello }" })).header("authorization", "Bearer broken");
    let (status, body) = answer(request).await;
    assert_eq!((status, code(&body)), (500, "INTERNAL"), "a panic while the context is made");
    assert!(!body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn h30_the_connection_goes_on_after_a_panic() {
    let server = Server::start().await;
    let mut socket = server.socket().await;
    for query in ["{ boom }", "{ hello }"] {
        let body = json!({ "query": query }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            server.address,
            body.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(PATIENCE, socket.read(&mut answer)).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&answer[..read]).into_owned();
        let wanted = if query == "{ boom }" { "500" } else { "200" };
        assert_eq!(&text[9..12], wanted, "{text}");
    }
}

#[tokio::test]
async fn a_late_answer_is_a_timeout_and_a_late_mutation_goes_on() {
    let server = Server::configured(|c| c.request_timeout = Duration::from_millis(100)).await;
    let response = server.post(&json!({ "query": "{ slow(ms: 60000) }" })).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (504, &"1".parse().unwrap()));
    assert_eq!(code(&response.json().await.unwrap()), "TIMEOUT");
    until("the query is cancelled", || server.state.cancelled.load(SeqCst) == 1).await;
    let (status, body) = server.query("mutation { bump(ms: 400) }").await;
    assert_eq!((status, code(&body)), (504, "TIMEOUT"));
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("idempotency key"));
    until("the mutation is done", || server.state.done.load(SeqCst) == 1).await;
}

/// Starts a slow operation and drops its client in the middle.
async fn go_away(server: &Server, client: Client, query: &str) {
    let begun = server.state.begun.load(SeqCst);
    let request = client.post(server.url("/graphql")).json(&json!({ "query": query }));
    let sent = tokio::spawn(async move { request.send().await });
    until("it began", || server.state.begun.load(SeqCst) == begun + 1).await;
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn h13_a_reset_does_not_cut_a_mutation_in_half() {
    let server = Server::start().await;
    let http1 = || Client::builder().http1_only().no_proxy().build().unwrap();
    let http2 = || Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    go_away(&server, http1(), "mutation { bump(ms: 500) }").await;
    go_away(&server, http2(), "mutation { bump(ms: 500) }").await;
    until("both are done", || server.state.done.load(SeqCst) == 2).await;
    assert_eq!(server.state.cancelled.load(SeqCst), 0);
}

#[tokio::test]
async fn h13_a_query_is_cancelled_with_its_client() {
    let server = Server::start().await;
    let http2 = Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    go_away(&server, http2, "{ slow(ms: 60000) }").await;
    until("it is cancelled", || server.state.cancelled.load(SeqCst) == 1).await;
    go_away(&server, Client::builder().http1_only().no_proxy().build().unwrap(), "{ slow(ms: 60000) }").await;
    until("it is cancelled", || server.state.cancelled.load(SeqCst) == 2).await;
}

#[tokio::test]
async fn http_2_serves_as_http_1_does() {
    let server = Server::start().await;
    let client = Client::builder().http2_prior_knowledge().no_proxy().timeout(PATIENCE).build().unwrap();
    let origin = server.url("");
    let asked = (0..50).map(|i| {
        let request =
            client.post(server.url("/graphql")).json(&json!({ "query": format!("{{ echo(text: \"{i}\") }}") }));
        let request = request.header("origin", &origin);
        async move { (i, answer(request).await) }
    });
    for (i, (status, body)) in futures_util::future::join_all(asked).await {
        assert_eq!((status, &body["data"]["echo"]), (200, &json!(i.to_string())));
    }
}
