//! h26: who may call, how.

use serde_json::json;

use super::{Server, answer, code};

#[tokio::test]
async fn h26_a_mutation_by_get_changes_nothing() {
    let server = Server::start().await;
    let two = [("query", "query Q { hello } mutation M { bump }"), ("operationName", "M")];
    for parameters in [&[("query", "mutation { bump }")][..], &two] {
        let response = server.by_get(parameters).send().await.unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "POST");
        assert_eq!(code(&response.json().await.unwrap()), "METHOD_NOT_ALLOWED");
    }
    assert_eq!(server.query("mutation { bump }").await.1["data"], json!({ "bump": 1 }), "none ran before");
}

#[tokio::test]
async fn h26_only_json_in_utf_8_is_taken() {
    let server = Server::start().await;
    let body = r#"{"query":"mutation { bump }"}"#;
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/json; charset=utf-16"),
        Some("application/jsonp"),
        Some("text/plain; application/json"),
        Some("application/graphql"),
    ] {
        let mut request = server.client.post(server.url("/graphql")).body(body);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let (status, answered) = answer(request).await;
        assert_eq!((status, code(&answered)), (415, "UNSUPPORTED_MEDIA_TYPE"), "{kind:?}");
    }
    let large = server.client.post(server.url("/graphql")).header("content-type", "text/plain");
    let large = large.body(vec![b'x'; 16 * 1024 * 1024]);
    assert_eq!(answer(large).await.0, 415, "the refusal arrives though the body was not wanted");
    for kind in ["application/json", "application/json;charset=UTF-8", "Application/JSON; charset=\"utf-8\""] {
        let request = server.client.post(server.url("/graphql")).body(body).header("content-type", kind);
        assert_eq!(answer(request).await.0, 200, "{kind}");
    }
}

#[tokio::test]
async fn h26_a_foreign_origin_is_refused_by_every_way_in() {
    let server = Server::configured(|c| c.origins = vec!["https://shop.example".into()]).await;
    let own = format!("http://{}", server.address);
    let upgrade = |origin: &str| {
        server
            .client
            .get(server.url("/graphql"))
            .header("origin", origin)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-protocol", "graphql-transport-ws")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    for origin in
        ["https://evil.example", "null", "https://shop.example.evil", "http://shop.example", "http://127.0.0.1:1"]
    {
        let requests = [
            server.post(&json!({ "query": "mutation { bump }" })).header("origin", origin),
            server.client.get(server.url("/graphql?query={hello}")).header("origin", origin),
            server.client.request(reqwest::Method::OPTIONS, server.url("/graphql")).header("origin", origin),
            upgrade(origin),
        ];
        for request in requests {
            let (status, body) = answer(request).await;
            assert_eq!((status, code(&body)), (403, "ORIGIN_REFUSED"), "{origin}");
        }
    }
    for origin in [own.as_str(), "https://shop.example"] {
        assert_eq!(
            answer(server.post(&json!({ "query": "{ hello }" })).header("origin", origin)).await.0,
            200,
            "{origin}"
        );
        assert_eq!(upgrade(origin).send().await.unwrap().status(), 101, "{origin}");
    }
}

#[tokio::test]
async fn a_configured_origin_may_ask_first_and_read_the_answer() {
    let server = Server::configured(|c| c.origins = vec!["https://shop.example".into()]).await;
    let preflight = server.client.request(reqwest::Method::OPTIONS, server.url("/graphql"));
    let response = preflight.header("origin", "https://shop.example").send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["access-control-allow-origin"], "https://shop.example");
    assert!(response.headers()["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    let post = server.post(&json!({ "query": "{ hello }" })).header("origin", "https://shop.example");
    assert_eq!(post.send().await.unwrap().headers()["access-control-allow-origin"], "https://shop.example");
    let own = server.post(&json!({ "query": "{ hello }" })).send().await.unwrap();
    assert!(!own.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_get_from_another_site_needs_the_preflight_header() {
    let server = Server::start().await;
    let get = |site: &str| server.client.get(server.url("/graphql?query={hello}")).header("sec-fetch-site", site);
    for site in ["cross-site", "same-site"] {
        let (status, body) = answer(get(site)).await;
        assert_eq!((status, code(&body)), (403, "PREFLIGHT_REQUIRED"));
        assert_eq!(answer(get(site).header("graphql-require-preflight", "1")).await.0, 200);
    }
    for site in ["same-origin", "none"] {
        assert_eq!(answer(get(site)).await.0, 200);
    }
}

#[tokio::test]
async fn other_host_names_are_refused_where_the_list_is_set() {
    let server = Server::configured(|c| c.hosts = vec!["localhost".into()]).await;
    for path in ["/graphql?query={hello}", "/", "/metrics"] {
        let (status, body) = answer(server.client.get(server.url(path)).header("host", "evil.example:8000")).await;
        assert_eq!((status, code(&body)), (421, "HOST_REFUSED"), "{path}");
    }
    for host in ["LOCALHOST:8000", "localhost", "localhost:1"] {
        let fine = server.client.get(server.url("/graphql?query={hello}")).header("host", host);
        assert_eq!(answer(fine).await.0, 200);
    }
}
