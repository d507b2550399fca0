//! GraphQL over HTTP. The audits of the npm package are run by `tests/audit`; these hold what those do not ask for.

use serde_json::{Value, json};

use super::{NEW, Server, answer, code};

#[tokio::test]
async fn a_query_by_post_and_by_get_with_its_cost() {
    let server = Server::start().await;
    for (status, body) in [server.query("{ hello }").await, server.get("{ hello }").await] {
        assert_eq!(status, 200);
        assert_eq!(body["data"], json!({ "hello": "hello" }));
        assert_eq!(body["extensions"]["cost"], json!({ "requested": 1, "limit": 20_000 }));
    }
}

#[tokio::test]
async fn request_errors_have_no_data_and_the_status_of_their_media_type() {
    let server = Server::start().await;
    for query in ["{", "{ nonsense }", "query A { hello } query B { hello }", "query($a: Int!) { hello }"] {
        let request = json!({ "query": query });
        let (status, body) = answer(server.post(&request).header("accept", NEW)).await;
        assert_eq!(status, 400, "{query}");
        let (old, same) = answer(server.post(&request).header("accept", "application/json")).await;
        assert_eq!(old, 200, "{query}");
        for body in [body, same] {
            assert!(body.get("data").is_none(), "{body}");
            assert!(body["errors"][0]["extensions"]["requestId"].is_string(), "{body}");
            assert!(!code(&body).is_empty());
        }
    }
}

#[tokio::test]
async fn field_errors_leave_data_in_place() {
    let server = Server::start().await;
    let (status, body) = server.query("{ hello maybe }").await;
    assert_eq!((status, &body["data"]), (200, &json!({ "hello": "hello", "maybe": null })));
    assert_eq!(body["errors"][0]["path"], json!(["maybe"]));
    let (status, body) = server.query("{ fails }").await;
    assert_eq!((status, body.get("data")), (200, Some(&Value::Null)), "it ran, so there is data, and it is null");
}

#[tokio::test]
async fn each_member_has_its_type() {
    let server = Server::start().await;
    for (body, member) in [
        (json!({ "query": 1 }), "`query`"),
        (json!({ "query": null }), "`query`"),
        (json!({ "query": "{ hello }", "operationName": 1 }), "`operationName`"),
        (json!({ "query": "{ hello }", "variables": [] }), "`variables`"),
        (json!({ "query": "{ hello }", "variables": "{}" }), "`variables`"),
        (json!({ "query": "{ hello }", "extensions": [] }), "`extensions`"),
        (json!({}), "`query`"),
        (json!("text"), "JSON object"),
        (json!(null), "JSON object"),
    ] {
        for accept in [NEW, "application/json"] {
            let (status, answered) = answer(server.post(&body).header("accept", accept)).await;
            assert_eq!((status, code(&answered)), (400, "BAD_REQUEST"), "{body}");
            assert!(answered["errors"][0]["message"].as_str().unwrap().contains(member), "{body}: {answered}");
        }
    }
    for name in ["variables", "extensions"] {
        let request = server.by_get(&[("query", "{ hello }"), (name, "[1]")]);
        assert_eq!(answer(request).await.0, 400, "{name}");
    }
    let fine =
        json!({ "query": "{ hello }", "operationName": null, "variables": null, "extensions": null, "more": [1] });
    assert_eq!(answer(server.post(&fine)).await.0, 200);
}

#[tokio::test]
async fn what_is_no_json_is_said_to_be_none() {
    let server = Server::start().await;
    let deep =
        format!(r#"{{"query":"{{ hello }}","variables":{{"a":{}1{}}}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let trailing = r#"{"query":"{ hello }"} x"#.to_owned();
    for body in [String::new(), "{".into(), "{\"query\":\"\u{1}\"}".into(), deep, trailing] {
        let request = server.client.post(server.url("/graphql")).header("content-type", "application/json").body(body);
        let (status, body) = answer(request).await;
        assert_eq!((status, code(&body)), (400, "INVALID_JSON"));
    }
    let invalid = b"{\"query\":\"{ hello \xff }\"}".to_vec();
    let request = server.client.post(server.url("/graphql")).header("content-type", "application/json").body(invalid);
    assert_eq!(answer(request).await.0, 400);
}

#[tokio::test]
async fn variables_and_operation_names_arrive_by_both_ways() {
    let server = Server::start().await;
    let query = "query A($t: String!) { echo(text: $t) } query B { hello }";
    let body = json!({ "query": query, "operationName": "A", "variables": { "t": "早上好 🏮" } });
    assert_eq!(answer(server.post(&body)).await.1["data"], json!({ "echo": "早上好 🏮" }));
    let get = server.by_get(&[("query", query), ("operationName", "A"), ("variables", r#"{"t":"早上好 🏮"}"#)]);
    assert_eq!(answer(get).await.1["data"], json!({ "echo": "早上好 🏮" }));
    let unknown = json!({ "query": query, "operationName": "C" });
    assert_eq!(code(&answer(server.post(&unknown)).await.1), "OPERATION_NOT_FOUND");
    let unsaid = json!({ "query": query });
    assert_eq!(code(&answer(server.post(&unsaid)).await.1), "OPERATION_NAME_MISSING");
}

#[tokio::test]
async fn accept_decides_by_quality() {
    let server = Server::start().await;
    for (accept, wanted) in [
        ("application/json;q=0.5, application/graphql-response+json", NEW),
        ("application/graphql-response+json;q=0.5, application/json", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/graphql-response+json; charset=utf-8", NEW),
    ] {
        let response = server.post(&json!({ "query": "{ hello }" })).header("accept", accept).send().await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with(wanted), "{accept} → {kind}");
    }
    let (status, body) = answer(server.post(&json!({ "query": "{ hello }" })).header("accept", "text/html")).await;
    assert_eq!((status, code(&body)), (406, "NOT_ACCEPTABLE"));
}

#[tokio::test]
async fn another_upgrade_than_websocket_is_passed_over() {
    let server = Server::start().await;
    let request = server.by_get(&[("query", "{ hello }")]).header("connection", "Upgrade").header("upgrade", "h2c");
    assert_eq!(answer(request).await.1["data"], json!({ "hello": "hello" }));
}

#[tokio::test]
async fn subscriptions_over_http_are_pointed_to_websocket() {
    let server = Server::start().await;
    for (status, body) in
        [server.query("subscription { ticks(n: 1) }").await, server.get("subscription { ticks(n: 1) }").await]
    {
        assert_eq!((status, code(&body)), (400, "BAD_REQUEST"));
        assert!(body["errors"][0]["message"].as_str().unwrap().contains("graphql-transport-ws"));
    }
}

#[tokio::test]
async fn h39_messages_follow_the_language_and_codes_do_not() {
    let server = Server::start().await;
    let request = || server.post(&json!({ "query": "{" }));
    let (_, english) = answer(request()).await;
    let (_, chinese) = answer(request().header("accept-language", "zh-CN,zh;q=0.9")).await;
    let (_, odd) = answer(request().header("accept-language", ",;q=x;;".repeat(500))).await;
    assert_eq!((code(&english), code(&chinese)), ("GRAPHQL_PARSE_FAILED", "GRAPHQL_PARSE_FAILED"));
    assert!(chinese["errors"][0]["message"].as_str().unwrap().contains("语法"), "{chinese}");
    assert_eq!(odd["errors"][0]["message"], english["errors"][0]["message"]);
    let (_, zh) = answer(server.post(&json!({ "query": 1 })).header("accept-language", "zh")).await;
    assert!(zh["errors"][0]["message"].as_str().unwrap().contains("字符串"), "{zh}");
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_is_not_kept() {
    let server = Server::start().await;
    let requests = [
        server.post(&json!({ "query": "{ caller { requestId } }" })),
        server.post(&json!({ "query": "{" })),
        server.client.get(server.url("/nowhere")),
        server.client.delete(server.url("/graphql")),
        server.client.post(server.url("/healthz")),
    ];
    let mut seen = std::collections::HashSet::new();
    for request in requests {
        let response = request.header("x-request-id", "mine").send().await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 7);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let body = response.text().await.unwrap();
        assert!(body.contains(&id), "{id} is not in {body}");
        assert!(seen.insert(id));
    }
}

#[tokio::test]
async fn the_caller_is_told_to_the_context() {
    let server = Server::start().await;
    let query = "{ caller { locale remote userAgent authorization client transport } }";
    let request = server.post(&json!({ "query": query }));
    let request = request
        .header("authorization", "Bearer t")
        .header("kith-client", "web/1")
        .header("user-agent", "x".repeat(999));
    let (_, body) = answer(request.header("accept-language", "zh").header("x-forwarded-for", "9.9.9.9")).await;
    let wanted = json!({ "locale": "zh-CN", "remote": "127.0.0.1", "userAgent": "x".repeat(256), "authorization": "Bearer t",
        "client": "web/1", "transport": "Http" });
    assert_eq!(body["data"]["caller"], wanted);
}

#[tokio::test]
async fn a_trusted_proxy_says_where_the_caller_is() {
    let server =
        Server::configured(|c| c.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap()])
            .await;
    for (forwarded, remote) in
        [("6.6.6.6, 9.9.9.9, 10.0.0.1", "9.9.9.9"), ("9.9.9.9", "9.9.9.9"), ("9.9.9.9, nonsense", "127.0.0.1")]
    {
        let request = server.post(&json!({ "query": "{ caller { remote } }" })).header("x-forwarded-for", forwarded);
        assert_eq!(answer(request).await.1["data"]["caller"]["remote"], remote, "{forwarded}");
    }
}

#[tokio::test]
async fn batches_are_refused_unless_configured() {
    let batch = json!([{ "query": "{ hello }" }, { "query": "{" }, { "query": "{ hello }" }]);
    let server = Server::start().await;
    let (status, body) = answer(server.post(&batch)).await;
    assert_eq!((status, code(&body)), (400, "BATCHING_DISABLED"));
    let server = Server::configured(|c| c.batch = 3).await;
    let (status, body) = answer(server.post(&batch)).await;
    assert_eq!(status, 200);
    assert_eq!(body[0]["data"], json!({ "hello": "hello" }));
    assert_eq!(code(&body[1]), "GRAPHQL_PARSE_FAILED");
    assert_eq!(body[2]["data"], json!({ "hello": "hello" }));
    for bad in [json!([]), json!([{ "query": "{ hello }" }, {}, {}, {}])] {
        assert_eq!(answer(server.post(&bad)).await.0, 400);
    }
}

#[tokio::test]
async fn refusals_of_the_context_have_their_status() {
    let server = Server::start().await;
    let request =
        |token: &str| server.post(&json!({ "query": "{ hello }" })).header("authorization", format!("Bearer {token}"));
    let (status, body) = answer(request("forged")).await;
    assert_eq!((status, code(&body)), (401, "UNAUTHENTICATED"));
    let response = request("busy").send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "3");
    let body: Value = response.json().await.unwrap();
    assert_eq!((code(&body), &body["errors"][0]["extensions"]["retryAfter"]), ("BUSY", &json!(3)));
}
