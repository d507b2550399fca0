//! h24 and h25: what is refused before it costs anything. Deadlines here are generous, the figures are in the assertions' messages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kith::graphql::limits::Limits;
use kith::server::PersistedQueries;
use serde_json::{Value, json};

use super::ws::Ws;
use super::{NEW, Options, Server, answer, code, config};

/// `f0` spreads `f1` twice, and so on: 2ⁿ fields.
fn doubling(levels: usize) -> String {
    fan_out(levels, 2)
}

/// Each fragment spreads the next `width` times.
fn fan_out(levels: usize, width: usize) -> String {
    let mut query = "{ thing { ...f0 } }".to_owned();
    for level in 0..levels {
        let spreads = format!("...f{} ", level + 1).repeat(width);
        query += &format!(" fragment f{level} on Thing {{ {spreads} }}");
    }
    query + &format!(" fragment f{levels} on Thing {{ name }}")
}

fn bombs() -> Vec<String> {
    vec![doubling(22), doubling(30), fan_out(5, 30)]
}

const BOMB: [&str; 3] = ["QUERY_TOO_LARGE", "QUERY_TOO_DEEP", "TOO_MANY_TOKENS"];

fn resident_kb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

struct Known(String);

impl PersistedQueries for Known {
    fn text(&self, sha256: &str) -> Option<Arc<str>> {
        (sha256 == "a".repeat(64)).then(|| self.0.as_str().into())
    }
}

#[tokio::test]
async fn h24_doubling_fragments_are_refused_by_every_way_in() {
    for bomb in bombs() {
        let persisted: Arc<dyn PersistedQueries> = Arc::new(Known(bomb.clone()));
        let server = Server::with(Options { config: config(), persisted: Some(persisted), ..Options::default() }).await;
        server.lives().await;
        let before = resident_kb();
        let hash = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "a".repeat(64) } } });
        for round in 0..10 {
            let started = Instant::now();
            let post = server.query(&bomb).await;
            let get = server.get(&bomb).await;
            let persisted = answer(server.post(&hash).header("accept", NEW)).await;
            for (status, body) in [post, get, persisted] {
                assert_eq!(status, 400);
                assert!(BOMB.contains(&code(&body)), "{body}");
                let figures = &body["errors"][0]["extensions"];
                assert!(figures["actual"].as_u64() > figures["limit"].as_u64(), "{body}");
            }
            let mut ws = Ws::ready(&server).await;
            ws.subscribe("1", &bomb).await;
            let message = ws.next().await;
            assert_eq!(message["type"], "error");
            assert!(BOMB.contains(&message["payload"][0]["extensions"]["code"].as_str().unwrap()), "{message}");
            assert!(started.elapsed() < Duration::from_secs(2), "round {round} took {:?}", started.elapsed());
        }
        let grown = resident_kb().saturating_sub(before);
        assert!(grown < 64 * 1024, "resident memory grew by {grown} kB");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h24_bystanders_are_served_while_four_clients_send_bombs() {
    let server = Arc::new(Server::start().await);
    let bombers: Vec<_> = (0..4)
        .map(|i| {
            let server = server.clone();
            let bomb = bombs().remove(i % 3);
            tokio::spawn(async move {
                loop {
                    let (status, _) = server.query(&bomb).await;
                    assert_eq!(status, 400);
                }
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..100 {
        let started = Instant::now();
        server.lives().await;
        slowest = slowest.max(started.elapsed());
    }
    for bomber in bombers {
        assert!(!bomber.is_finished(), "a bomber was not answered as it should");
        bomber.abort();
    }
    assert!(slowest < Duration::from_secs(2), "a bystander waited {slowest:?}");
}

#[tokio::test]
async fn h24_cycles_are_found_and_named() {
    let server = Server::start().await;
    for query in [
        "{ thing { ...a } } fragment a on Thing { ...a }",
        "{ hello } fragment a on Thing { thing { ...b } } fragment b on Thing { ...c } fragment c on Thing { ...a }",
    ] {
        let (status, body) = server.query(query).await;
        assert_eq!((status, code(&body)), (400, "FRAGMENT_CYCLE"), "{query}");
        assert!(body["errors"][0]["locations"][0]["line"].is_number());
    }
}

/// What each hostile request is refused with; no answer is larger than its question and 4 KB.
#[tokio::test]
async fn h25_too_much_of_anything_is_refused_with_a_code() {
    let server = Server::start().await;
    let repeat = |n: usize, part: &str| part.repeat(n);
    let numbered = |n: usize, part: &str| (0..n).map(|i| part.replace('#', &i.to_string())).collect::<String>();
    let nested = |n: usize| format!("{{ {} name {} }}", repeat(n, "thing { "), repeat(n, "}"));
    let unknown = format!("{{ {} }}", numbered(1_900, "u# "));
    let cases = [
        (format!("{{ {} }}", numbered(101, "a#: hello ")), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ thing {{ {} }} }}", numbered(101, "a#: name ")), "TOO_MANY_ALIASES"),
        (format!("mutation {{ {} }}", numbered(21, "a#: bump ")), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ ...f ...f }} fragment f on Query {{ {} }}", numbered(11, "a#: hello ")), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ hello {} }}", repeat(50_000, "@skip(if: false) ")), "QUERY_TOO_LONG"),
        (format!("{{ hello {} }}", repeat(1_500, "@skip(if: false) ")), "TOO_MANY_DIRECTIVES"),
        (format!("{{ {} }}", numbered(20_000, "u# ")), "QUERY_TOO_LONG"),
        (format!("{{ {} }}", repeat(16_000, "u ")), "TOO_MANY_TOKENS"),
        (format!("{{ thing {{ {} }} }}", numbered(1_900, "u# ")), "GRAPHQL_VALIDATION_FAILED"),
        (unknown, "TOO_MANY_ROOT_FIELDS"),
        (nested(26), "QUERY_TOO_DEEP"),
        (nested(200), "QUERY_TOO_DEEP"),
        (repeat(32_000, "{"), "QUERY_TOO_DEEP"),
        (format!("{{ a(b: {}", repeat(32_000, "[")), "QUERY_TOO_DEEP"),
        (format!("{{ a(b: {}", repeat(10_000, "{a:")), "QUERY_TOO_DEEP"),
        (format!("query($a: {}", repeat(32_000, "[")), "QUERY_TOO_DEEP"),
        (format!("{{ a(b: [\"\"\"x\" {}", repeat(30_000, "[")), "QUERY_TOO_DEEP"),
        (format!("{{ {} }}", repeat(32_000, "a")), "NAME_TOO_LONG"),
        (format!("{{ hello }} {}", numbered(51, "fragment f# on Thing { name } ")), "TOO_MANY_FRAGMENTS"),
        ("subscription { a: never b: never }".to_owned(), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ hello {}", repeat(30_000, "é")), "QUERY_TOO_LONG"),
        (format!("{{ hello {}", repeat(15_000, "é")), "TOO_MANY_TOKENS"),
        (format!("{{ hello \"{}", repeat(30_000, "x")), "GRAPHQL_PARSE_FAILED"),
        (format!("{{ echo(text: \"{}\") echo(text: \"b\") }}", repeat(30_000, "x")), "GRAPHQL_VALIDATION_FAILED"),
        (format!("{{ count(values: \"{}\") }}", repeat(30_000, "x")), "GRAPHQL_VALIDATION_FAILED"),
    ];
    for (query, wanted) in cases {
        let body = json!({ "query": query }).to_string();
        let asked = body.len();
        let request = server.client.post(server.url("/graphql")).header("content-type", "application/json").body(body);
        let text = request.send().await.unwrap().text().await.unwrap();
        let shown: String = query.chars().take(60).collect();
        assert!(text.len() <= asked + 4_096, "{shown}… got {} bytes for {asked}", text.len());
        let answered: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(code(&answered), wanted, "{shown}… got {text}");
        assert!(answered.get("data").is_none());
    }
    server.lives().await;
}

#[tokio::test]
async fn h25_large_bodies_are_refused_whether_they_say_so_or_not() {
    let server = Server::start().await;
    let large = vec![b' '; 64 * 1024 * 1024];
    let post = || server.client.post(server.url("/graphql")).header("content-type", "application/json");
    let (status, body) = answer(post().body(large.clone())).await;
    assert_eq!((status, code(&body)), (413, "BODY_TOO_LARGE"));
    let before = resident_kb();
    let (status, body) = chunked(&server, 64 * 1024 * 1024).await;
    assert_eq!((status, code(&body)), (413, "BODY_TOO_LARGE"));
    assert!(resident_kb().saturating_sub(before) < 32 * 1024);
    let zipped = post().header("content-encoding", "gzip").body(vec![0x1f, 0x8b, 8, 0]);
    assert_eq!(answer(zipped).await.0, 415);
    let just_fits = json!({ "query": "{ hello }", "pad": "x".repeat(1024 * 1024 - 40) });
    assert_eq!(answer(server.post(&just_fits)).await.0, 200);
    server.lives().await;
}

/// A body of unknown length, over a bare socket.
async fn chunked(server: &Server, size: usize) -> (u16, Value) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut read, mut write) = server.socket().await.into_split();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
        server.address
    );
    write.write_all(head.as_bytes()).await.unwrap();
    let writing = tokio::spawn(async move {
        let part = vec![b' '; 64 * 1024];
        for _ in 0..size / part.len() {
            if write.write_all(b"10000\r\n").await.is_err() || write.write_all(&part).await.is_err() {
                break;
            }
            let _ = write.write_all(b"\r\n").await;
        }
        let _ = write.write_all(b"0\r\n\r\n").await;
    });
    let mut answer = Vec::new();
    read.read_to_end(&mut answer).await.unwrap();
    writing.abort();
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn h25_variables_have_limits_of_their_own() {
    let server = Server::start().await;
    let send = async |query: String, variables: Value| {
        answer(server.post(&json!({ "query": query, "variables": variables }))).await.1
    };
    let count = "query($v: [Int!]!) { count(values: $v) }";
    assert_eq!(send(count.into(), json!({ "v": vec![1; 9_000] })).await["data"], json!({ "count": 9_000 }));
    assert_eq!(code(&send(count.into(), json!({ "v": vec![1; 20_000] })).await), "INPUT_TOO_LARGE");
    assert_eq!(code(&send("{ hello }".into(), json!({ "unused": vec![1; 20_000] })).await), "INPUT_TOO_LARGE");
    // One variable used often weighs as often: the validator copies it each time.
    let uses: String = (0..20).map(|i| format!("a{i}: count(values: $v) ")).collect();
    let often = format!("query($v: [Int!]!) {{ {uses} }}");
    assert_eq!(code(&send(often, json!({ "v": vec![1; 1_000] })).await), "INPUT_TOO_LARGE");
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([deep]);
    }
    assert_eq!(code(&send("{ hello }".into(), json!({ "unused": deep })).await), "INPUT_TOO_DEEP");
    let long = "x".repeat(500_000);
    assert_eq!(send("query($t: String!) { echo(text: $t) }".into(), json!({ "t": long })).await["data"]["echo"], long);
}

#[tokio::test]
async fn the_cost_is_what_the_answer_can_hold() {
    let server = Server::start().await;
    let cost = async |query: &str, variables: Value| {
        let (_, body) = answer(server.post(&json!({ "query": query, "variables": variables }))).await;
        body["extensions"]["cost"]["requested"].as_u64().unwrap_or_else(|| panic!("{query}: {body}"))
    };
    assert_eq!(cost("{ hello }", json!({})).await, 1);
    // thing, things, and nodes + name of each row.
    assert_eq!(cost("{ thing { things(first: 3) { nodes { name } } } }", json!({})).await, 2 + 3 * 2);
    assert_eq!(cost("{ thing { things(last: 3) { nodes { name } } } }", json!({})).await, 2 + 3 * 2);
    assert_eq!(cost("{ thing { things { nodes { name } } } }", json!({})).await, 2 + 20 * 2, "an unsaid page is 20");
    let by_variable = "query($n: Int = 5) { thing { things(first: $n) { nodes { name } } } }";
    assert_eq!(cost(by_variable, json!({})).await, 2 + 5 * 2);
    assert_eq!(cost(by_variable, json!({ "n": 7 })).await, 2 + 7 * 2);
    assert_eq!(cost(by_variable, json!({ "n": null })).await, 2 + 20 * 2);
    assert_eq!(cost("{ thing { things(first: -5) { nodes { name } } } }", json!({})).await, 2 + 2);
    assert_eq!(cost("{ thing { few(ids: [1, 2, 3]) { name } } }", json!({})).await, 2 + 3);
    assert_eq!(cost("{ thing { few { name } } }", json!({})).await, 2 + 5, "another list is 5");
    let spread = "{ thing { things(first: 3) { ...c } } } fragment c on ThingConnection { nodes { ...t } } fragment t on Thing { name thing { name } }";
    assert_eq!(cost(spread, json!({})).await, 2 + 3 * 4);
    let both = "query A { hello } query B { thing { things(first: 100) { nodes { name } } } }";
    let (_, body) = answer(server.post(&json!({ "query": both, "operationName": "A" }))).await;
    assert_eq!(body["extensions"]["cost"]["requested"], 1, "the cost is that of the operation that runs");
}

/// Documents are kept between requests; what depends on the request is not.
#[tokio::test]
async fn the_same_text_is_measured_anew_each_time() {
    let server = Server::start().await;
    let query = "query A($n: Int!) { thing { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } } } query B { hello }";
    let send = async |name: &str, variables: Value| {
        answer(server.post(&json!({ "query": query, "operationName": name, "variables": variables }))).await.1
    };
    for _ in 0..3 {
        assert_eq!(send("A", json!({ "n": 2 })).await["extensions"]["cost"]["requested"], 2 + 2 * (2 + 2 * 2));
        assert_eq!(code(&send("A", json!({ "n": 100 })).await), "QUERY_TOO_COSTLY");
        assert_eq!(code(&send("A", json!({})).await), "VARIABLE_MISSING");
        assert_eq!(send("B", json!({ "n": 1 })).await["data"], json!({ "hello": "hello" }));
        assert_eq!(code(&send("C", json!({ "n": 1 })).await), "OPERATION_NOT_FOUND");
    }
}

#[tokio::test]
async fn pages_in_pages_are_too_costly() {
    let server = Server::start().await;
    let query = "query($n: Int) { thing { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } } }";
    for n in [100_i64, 2_147_483_647, i64::MAX] {
        let (_, body) = answer(server.post(&json!({ "query": query, "variables": { "n": n } }))).await;
        assert_eq!(code(&body), "QUERY_TOO_COSTLY", "{n}");
        assert_eq!(body["errors"][0]["extensions"]["limit"], 20_000);
    }
    let deep = format!("{{ thing {{ {} name {} }} }}", "things { nodes { ".repeat(10), "} } ".repeat(10));
    let (_, body) = server.query(&deep).await;
    assert_eq!(code(&body), "QUERY_TOO_COSTLY", "20¹⁰ rows");
}

#[tokio::test]
async fn the_introspection_query_of_graphql_js_passes() {
    let server = Server::start().await;
    let (status, body) = server.query(include_str!("introspection.graphql")).await;
    assert_eq!(status, 200);
    assert!(body.get("errors").is_none(), "{}", body["errors"]);
    assert!(body["data"]["__schema"]["types"].as_array().unwrap().len() > 5);
}

#[tokio::test]
async fn introspection_does_not_go_round_in_circles() {
    let server = Server::start().await;
    let mut query = "name".to_owned();
    for _ in 0..5 {
        query = format!("fields {{ type {{ {query} }} }}");
    }
    let (_, body) = server.query(&format!("{{ __schema {{ types {{ {query} }} }} }}")).await;
    assert_eq!(code(&body), "INTROSPECTION_TOO_DEEP");
    let spread = "{ __type(name: \"Thing\") { ...a } } fragment a on __Type { fields { type { ...b } } } \
        fragment b on __Type { fields { type { ...c } } } fragment c on __Type { fields { name } }";
    assert_eq!(code(&server.query(spread).await.1), "INTROSPECTION_TOO_DEEP");
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let limits = Limits { introspectable: false, ..Limits::default() };
    let server = Server::with(Options { config: config(), limits, ..Options::default() }).await;
    for query in [
        "{ __schema { queryType { name } } }",
        "{ thing { name } ...f } fragment f on Query { a: __type(name: \"Query\") { name } }",
    ] {
        let (status, body) = server.query(query).await;
        assert_eq!((status, code(&body)), (400, "INTROSPECTION_DISABLED"));
    }
    assert_eq!(server.query("{ __typename }").await.1["data"]["__typename"], "Query");
}

#[tokio::test]
async fn persisted_queries_are_known_by_hash_or_refused() {
    let persisted: Arc<dyn PersistedQueries> = Arc::new(Known("{ hello }".into()));
    let server = Server::with(Options { config: config(), persisted: Some(persisted), ..Options::default() }).await;
    let by_hash = |hash: String| json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    let (_, body) = answer(server.post(&by_hash("a".repeat(64)))).await;
    assert_eq!(body["data"], json!({ "hello": "hello" }));
    for hash in ["b".repeat(64), "a".into(), String::new()] {
        let (status, body) = answer(server.post(&by_hash(hash))).await;
        assert_eq!((status, code(&body)), (400, "PERSISTED_QUERY_NOT_FOUND"));
    }
    let plain = Server::start().await;
    let (status, body) = answer(plain.post(&by_hash("a".repeat(64)))).await;
    assert_eq!((status, code(&body)), (400, "PERSISTED_QUERY_NOT_FOUND"));
}
