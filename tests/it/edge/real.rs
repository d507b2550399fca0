//! What bad input gets from the program as it is shipped: the real schema behind the real edge.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::cli::{Server, kith};

/// Sends a body as JSON; gives the status and what was answered.
async fn post(server: &Server, token: Option<&str>, body: Vec<u8>) -> (StatusCode, Value) {
    let mut request = reqwest::Client::new()
        .post(format!("http://{}/graphql", server.address))
        .header("content-type", "application/json")
        .header("accept", "application/graphql-response+json")
        .body(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
    assert!(bytes.len() < 8_192, "an error is short: {}", bytes.len());
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn query(text: impl Into<String>) -> Vec<u8> {
    json!({ "query": text.into() }).to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn h24_h25_bad_input_is_refused_with_a_code_and_the_server_lives() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(kith(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    let doubling = (0..30).fold(String::from("{ ...f0 } "), |text, at| {
        format!("{text} fragment f{at} on Query {{ ...f{} ...f{} }}", at + 1, at + 1)
    }) + " fragment f30 on Query { viewer { login } }";
    let fan_out = (0..5).fold(String::from("{ ...g0 } "), |text, at| {
        format!("{text} fragment g{at} on Query {{ {} }}", format!("...g{} ", at + 1).repeat(30))
    }) + " fragment g5 on Query { viewer { login } }";
    let cycle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }";
    let aliases = format!("{{ {} }}", (0..1_000).map(|at| format!("a{at}: viewer {{ login }} ")).collect::<String>());
    let deep = format!("{} id {}", "{ shop ".repeat(200), "}".repeat(200));
    let unknown = format!("{{ {} }}", (0..20_000).map(|at| format!("x{at} ")).collect::<String>());
    let directives = format!("{{ viewer {{ login {} }} }}", "@skip(if: false) ".repeat(50_000));
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("no JSON", b"{\"query\":".to_vec()),
        ("not UTF-8", b"{\"query\":\"{ viewer { login } } # \xff\xfe\"}".to_vec()),
        ("a lone surrogate", b"{\"query\":\"{ viewer { login } } # \\ud800\"}".to_vec()),
        ("no object", b"17".to_vec()),
        ("no query", b"{}".to_vec()),
        ("a batch", b"[{\"query\":\"{viewer{login}}\"}]".to_vec()),
        ("a query that is a number", b"{\"query\":1}".to_vec()),
        ("variables that are a list", b"{\"query\":\"{viewer{login}}\",\"variables\":[]}".to_vec()),
        ("no GraphQL", query("{ viewer { login }")),
        ("an unknown field", query("{ viewer { password } }")),
        ("20,000 unknown fields", query(unknown)),
        ("200 levels", query(deep)),
        ("1,000 aliases", query(aliases)),
        ("a cycle of fragments", query(cycle)),
        ("doubling fragments", query(doubling)),
        ("a fan-out of fragments", query(fan_out)),
        ("50,000 directives", query(directives)),
        ("JSON of 100,000 levels", "[".repeat(100_000).into_bytes()),
        ("10 MB", query("#".repeat(10 << 20))),
        ("a value of 900,000 characters", {
            let login = "x".repeat(900_000);
            json!({ "query": "mutation($l: String!) { logIn(input: { login: $l, password: $l }) { token } }",
                    "variables": { "l": login, "more": login } })
            .to_string()
            .into_bytes()
        }),
        ("an argument of another type", query("mutation { openShop(input: { name: 1 }) { shopId } }")),
        (
            "a currency that is none",
            query("mutation { openShop(input: { name: \"a\", currency: \"XXXX\" }) { shopId } }"),
        ),
    ];
    for (what, body) in bad {
        let (status, answer) = post(&server, None, body).await;
        assert!(status.is_client_error() || status == StatusCode::OK, "{what}: {status}");
        let error = &answer["errors"][0];
        let refused = error["extensions"]["code"].is_string() && !error["message"].as_str().unwrap().is_empty();
        assert!(refused, "{what}: {answer}");
        assert!(!answer.to_string().contains("panicked"), "{what}");
    }
    for forged in ["x", "kith_forged", "kith_\u{a0}", "ksess_00000000000000000000000000000000000000000000", ""] {
        let (status, answer) = post(&server, Some(forged), query("{ viewer { login } }")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{forged}: {status} {answer}");
    }
    let (status, answer) = post(&server, None, query("{ viewer { login } }")).await;
    assert_eq!((status, &answer["data"]), (StatusCode::OK, &json!({ "viewer": null })), "it lives");
    assert_eq!(server.signal("-TERM"), Some(0));
}
