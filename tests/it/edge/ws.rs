//! graphql-transport-ws, message by message.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{PATIENCE, Server, until};

/// A client that says exactly what it is told to.
pub struct Ws(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Ws {
    pub async fn connect(server: &Server) -> Self {
        Self::offering(server, Some("graphql-transport-ws")).await.unwrap()
    }

    pub async fn offering(server: &Server, protocol: Option<&str>) -> Result<Self, Error> {
        let mut request = format!("ws://{}/graphql", server.address).into_client_request()?;
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        connect_async(request).await.map(|(stream, _)| Self(stream))
    }

    /// Connected and acknowledged.
    pub async fn ready(server: &Server) -> Self {
        let mut ws = Self::connect(server).await;
        ws.send(json!({ "type": "connection_init" })).await;
        assert_eq!(ws.next().await, json!({ "type": "connection_ack" }));
        ws
    }

    pub async fn send(&mut self, message: Value) {
        self.raw(Message::text(message.to_string())).await;
    }

    pub async fn raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    /// The next message of the protocol.
    pub async fn next(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }

    async fn frame(&mut self) -> Option<Message> {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("no frame in time").transpose().unwrap_or(None)
    }

    /// The close code, after whatever comes before it. 1006: closed without one.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Some(Message::Close(frame)) => return frame.map_or(1005, |f| f.code.into()),
                Some(_) => {}
                None => return 1006,
            }
        }
    }
}

#[tokio::test]
async fn queries_mutations_and_subscriptions_run() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("q", "{ hello caller { transport } }").await;
    let next = ws.next().await;
    assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("q")));
    assert_eq!(next["payload"]["data"], json!({ "hello": "hello", "caller": { "transport": "WebSocket" } }));
    assert_eq!(next["payload"]["extensions"]["cost"], json!({ "requested": 3, "limit": 20_000 }));
    assert_eq!(ws.next().await, json!({ "type": "complete", "id": "q" }));
    ws.subscribe("m", "mutation { bump }").await;
    assert_eq!(ws.next().await["payload"]["data"], json!({ "bump": 1 }));
    assert_eq!(ws.next().await["type"], "complete");
    let payload = json!({ "query": "subscription A($n: Int!) { ticks(n: $n) } query B { hello }", "operationName": "A",
        "variables": { "n": 3 }, "extensions": null });
    ws.send(json!({ "type": "subscribe", "id": "s", "payload": payload })).await;
    for tick in 0..3 {
        assert_eq!(ws.next().await["payload"]["data"], json!({ "ticks": tick }));
    }
    assert_eq!(ws.next().await, json!({ "type": "complete", "id": "s" }));
}

#[tokio::test]
async fn errors_end_their_operation_and_no_other() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    for (query, code) in [
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ boom }", "INTERNAL"),
        ("mutation { boom }", "INTERNAL"),
        ("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int!) { hello }", "VARIABLE_MISSING"),
    ] {
        ws.subscribe("same id", query).await;
        let message = ws.next().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("same id")), "{query}: {message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{query}");
        assert!(!message.to_string().contains("secret"));
    }
    ws.subscribe("f", "{ fails }").await;
    let next = ws.next().await;
    assert_eq!(
        (&next["type"], &next["payload"]["data"]),
        (&json!("next"), &Value::Null),
        "field errors come as a result"
    );
    assert_eq!(ws.next().await["type"], "complete");
}

#[tokio::test]
async fn h30_a_panic_in_a_subscription_ends_that_operation_only() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("other", "subscription { never }").await;
    ws.subscribe("b", "subscription { boom }").await;
    assert_eq!(ws.next().await["payload"]["data"], json!({ "boom": 0 }));
    let error = ws.next().await;
    assert_eq!((&error["type"], &error["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("INTERNAL")));
    assert!(!error.to_string().contains("secret"));
    ws.subscribe("q", "{ hello }").await;
    assert_eq!(ws.next().await["payload"]["data"], json!({ "hello": "hello" }));
}

#[tokio::test]
async fn h28_4400_for_what_is_no_message() {
    let server = Server::start().await;
    let texts = [
        "",
        "x",
        "1",
        "[]",
        "{}",
        r#"{"type":1}"#,
        r#"{"type":"start"}"#,
        r#"{"type":"subscribe"}"#,
        r#"{"type":"subscribe","id":"1"}"#,
        r#"{"type":"subscribe","payload":{"query":"{ hello }"}}"#,
        r#"{"type":"subscribe","id":1,"payload":{"query":"{ hello }"}}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}"#,
        r#"{"type":"subscribe","id":"1","payload":{}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{ hello }","variables":[]}}"#,
        r#"{"type":"complete"}"#,
        r#"{"type":"connection_init","payload":1}"#,
        r#"{"type":"ping","payload":[]}"#,
        r#"{"type":"connection_ack"}"#,
    ];
    for text in texts {
        let mut ws = Ws::ready(&server).await;
        ws.raw(Message::text(text)).await;
        assert_eq!(ws.close_code().await, 4400, "{text}");
    }
    let mut ws = Ws::ready(&server).await;
    ws.raw(Message::binary(r#"{"type":"ping"}"#.as_bytes().to_vec())).await;
    assert_eq!(ws.close_code().await, 4400);
    let deep = format!(r#"{{"type":"ping","payload":{{"a":{}}}}}"#, "[".repeat(100_000));
    let mut ws = Ws::ready(&server).await;
    ws.raw(Message::text(deep)).await;
    assert_eq!(ws.close_code().await, 4400);
}

#[tokio::test]
async fn h28_4401_for_an_operation_before_the_acknowledgement() {
    let server = Server::start().await;
    let mut ws = Ws::connect(&server).await;
    ws.subscribe("1", "{ hello }").await;
    assert_eq!(ws.close_code().await, 4401);
}

#[tokio::test]
async fn h28_4408_without_an_init_in_time() {
    let server = Server::configured(|c| c.ws_init_timeout = Duration::from_millis(100)).await;
    let mut ws = Ws::connect(&server).await;
    assert_eq!(ws.close_code().await, 4408);
    let mut ws = Ws::ready(&server).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    ws.subscribe("1", "{ hello }").await;
    assert_eq!(ws.next().await["type"], "next", "the deadline is for the init only");
}

#[tokio::test]
async fn h28_4409_for_an_id_that_is_under_way_and_not_for_one_that_is_done() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    for _ in 0..50 {
        ws.subscribe("1", "{ hello }").await;
        assert_eq!(ws.next().await["type"], "next");
        assert_eq!(ws.next().await["type"], "complete");
    }
    ws.subscribe("1", "subscription { never }").await;
    ws.send(json!({ "type": "complete", "id": "1" })).await;
    ws.subscribe("1", "subscription { never }").await;
    ws.subscribe("1", "{ hello }").await;
    assert_eq!(ws.close_code().await, 4409);
}

#[tokio::test]
async fn h28_4429_for_a_second_init() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    ws.send(json!({ "type": "connection_init" })).await;
    assert_eq!(ws.close_code().await, 4429);
}

#[tokio::test]
async fn h28_the_subprotocol_has_to_be_offered() {
    let server = Server::start().await;
    match Ws::offering(&server, None).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 400),
        other => panic!("{:?}", other.map(|_| ())),
    }
    // A client that insists on another subprotocol gives up by itself, so this one does not ask for its answer to be checked.
    let upgrade = server
        .client
        .get(server.url("/graphql"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "graphql-ws")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let response = upgrade.send().await.unwrap();
    assert_eq!(response.status(), 101);
    let upgraded = response.upgrade().await.unwrap();
    let role = tokio_tungstenite::tungstenite::protocol::Role::Client;
    let mut socket = WebSocketStream::from_raw_socket(upgraded, role, None).await;
    match socket.next().await.unwrap().unwrap() {
        Message::Close(Some(frame)) => assert_eq!(u16::from(frame.code), 4406),
        other => panic!("{other:?}"),
    }
    let several = Ws::offering(&server, Some("graphql-ws, graphql-transport-ws")).await;
    assert!(several.is_ok());
}

#[tokio::test]
async fn pings_are_answered_before_and_after_the_acknowledgement() {
    let server = Server::start().await;
    let mut ws = Ws::connect(&server).await;
    ws.send(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    assert_eq!(ws.next().await, json!({ "type": "pong", "payload": { "a": 1 } }));
    ws.send(json!({ "type": "pong" })).await;
    ws.send(json!({ "type": "connection_init", "payload": null })).await;
    assert_eq!(ws.next().await["type"], "connection_ack");
    ws.send(json!({ "type": "ping" })).await;
    assert_eq!(ws.next().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn the_token_of_the_init_is_the_callers() {
    let server = Server::start().await;
    for key in ["authorization", "Authorization"] {
        let mut ws = Ws::connect(&server).await;
        ws.send(json!({ "type": "connection_init", "payload": { key: "Bearer t" } })).await;
        assert_eq!(ws.next().await["type"], "connection_ack");
        ws.subscribe("1", "{ caller { authorization requestId } }").await;
        let first = ws.next().await["payload"]["data"]["caller"].clone();
        assert_eq!(first["authorization"], "Bearer t");
        ws.next().await;
        ws.subscribe("2", "{ caller { requestId } }").await;
        assert_ne!(ws.next().await["payload"]["data"]["caller"]["requestId"], first["requestId"]);
    }
    for (token, code) in [("forged", 4403), ("busy", 1013), ("broken", 4500)] {
        let mut ws = Ws::connect(&server).await;
        ws.send(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })).await;
        assert_eq!(ws.close_code().await, code, "{token}");
    }
}

#[tokio::test]
async fn h16_a_revoked_token_is_refused_with_the_next_operation() {
    let server = Server::start().await;
    let mut ws = Ws::connect(&server).await;
    ws.send(json!({ "type": "connection_init", "payload": { "authorization": "Bearer t" } })).await;
    assert_eq!(ws.next().await["type"], "connection_ack");
    ws.subscribe("1", "{ hello }").await;
    assert_eq!(ws.next().await["type"], "next");
    server.state.revoked.store(true, SeqCst);
    ws.next().await;
    ws.subscribe("2", "{ hello }").await;
    let error = ws.next().await;
    assert_eq!(error["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(ws.close_code().await, 4403);
}

#[tokio::test]
async fn h20_a_stream_can_end_its_operation_or_the_connection() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("1", "subscription { ends(close: false) }").await;
    assert_eq!(ws.next().await["payload"]["data"], json!({ "ends": 1 }));
    assert_eq!(ws.next().await["type"], "error");
    ws.subscribe("1", "subscription { ends(close: true) }").await;
    assert_eq!(ws.next().await["type"], "next", "the id is free again, and the first stream said no more");
    assert_eq!(ws.next().await["type"], "error");
    assert_eq!(ws.close_code().await, 4403);
}

#[tokio::test]
async fn completing_cancels_a_query_and_not_a_mutation() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("q", "{ slow(ms: 60000) }").await;
    ws.subscribe("m", "mutation { bump(ms: 400) }").await;
    until("both began", || server.state.begun.load(SeqCst) == 2).await;
    ws.send(json!({ "type": "complete", "id": "q" })).await;
    ws.send(json!({ "type": "complete", "id": "m" })).await;
    ws.send(json!({ "type": "complete", "id": "unknown" })).await;
    until("the query is cancelled", || server.state.cancelled.load(SeqCst) == 1).await;
    until("the mutation is done", || server.state.done.load(SeqCst) == 1).await;
    ws.subscribe("h", "{ hello }").await;
    assert_eq!(ws.next().await["id"], "h", "nothing more was said of those that were completed");
}

#[tokio::test]
async fn a_client_that_closes_is_answered() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("1", "subscription { never }").await;
    let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    ws.raw(Message::Close(Some(frame))).await;
    assert_eq!(ws.close_code().await, 1000);
}

#[tokio::test]
async fn h13_a_mutation_outlives_its_websocket() {
    let server = Server::start().await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("m", "mutation { bump(ms: 400) }").await;
    ws.subscribe("q", "{ slow(ms: 60000) }").await;
    until("both began", || server.state.begun.load(SeqCst) == 2).await;
    drop(ws);
    until("the query is cancelled", || server.state.cancelled.load(SeqCst) == 1).await;
    until("the mutation is done", || server.state.done.load(SeqCst) == 1).await;
}

#[tokio::test]
async fn a_late_answer_is_a_timeout_here_too() {
    let server = Server::configured(|c| c.request_timeout = Duration::from_millis(100)).await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("q", "{ slow(ms: 60000) }").await;
    assert_eq!(ws.next().await["payload"][0]["extensions"]["code"], "TIMEOUT");
    ws.subscribe("s", "subscription { ticks(n: 2, ms: 300) }").await;
    assert_eq!(ws.next().await["payload"]["data"], json!({ "ticks": 0 }), "a subscription may take its time");
}
