//! h28: too much for one WebSocket, and readers that do not read.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::ws::Ws;
use super::{PATIENCE, Server, until};

#[tokio::test]
async fn more_operations_than_allowed_are_refused_one_by_one() {
    let server = Server::configured(|c| c.ws_operations = 3).await;
    let mut ws = Ws::ready(&server).await;
    for id in ["1", "2", "3", "4"] {
        ws.subscribe(id, "subscription { never }").await;
    }
    let error = ws.next().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("4")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    ws.send(json!({ "type": "complete", "id": "2" })).await;
    ws.subscribe("5", "{ hello }").await;
    assert_eq!(ws.next().await["id"], "5");
}

#[tokio::test]
async fn more_websockets_than_allowed_are_refused() {
    let server = Server::configured(|c| c.ws_connections = 1).await;
    let first = Ws::ready(&server).await;
    match Ws::offering(&server, Some("graphql-transport-ws")).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{:?}", other.map(|_| ())),
    }
    drop(first);
    until("the slot is free", || server.edge.websockets() == 0).await;
    Ws::ready(&server).await;
}

#[tokio::test]
async fn too_large_a_message_closes_with_1009() {
    let server = Server::configured(|c| c.body_limit = 10_000).await;
    let mut ws = Ws::ready(&server).await;
    ws.raw(Message::text("x".repeat(20_000))).await;
    assert_eq!(ws.close_code().await, 1009);
}

#[tokio::test]
async fn h28_a_slow_reader_is_cut_and_its_buffer_bounded() {
    let server = Server::configured(|c| {
        c.ws_write_timeout = Duration::from_secs(6);
        c.ws_queue = 8;
    })
    .await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("1", "subscription { flood(bytes: 100000) }").await;
    // Nothing is read from here on. What the kernel takes (up to 37 MB) and the queue fill up; then production stops, and the
    // connection is cut. Without the bound, the queue would take thousands until then.
    until("it is cut off", || server.edge.websockets() == 0).await;
    let produced = server.state.ticked.load(SeqCst);
    assert!((10..500).contains(&produced), "{produced} messages of 100 kB were made for a reader that does not read");
    // Reading what the kernel still holds ends in a close without a word.
    assert_eq!(ws.close_code().await, 1006);
    assert_eq!(server.state.ticked.load(SeqCst), produced, "it has ended");
    server.lives().await;
}

#[tokio::test]
async fn a_reader_that_keeps_up_gets_everything() {
    let server = Server::configured(|c| {
        c.ws_queue = 1;
        c.ws_queue_bytes = 10;
    })
    .await;
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("1", "subscription { ticks(n: 500) }").await;
    for tick in 0..500 {
        assert_eq!(ws.next().await["payload"]["data"], json!({ "ticks": tick }));
    }
    assert_eq!(ws.next().await["type"], "complete");
}

#[tokio::test]
async fn a_dead_peer_is_noticed_by_the_keep_alive() {
    let server = Server::configured(|c| c.ws_keep_alive = Duration::from_millis(100)).await;
    // A peer that never answers a ping, because it is only a socket.
    let mut socket = server.socket().await;
    let head = format!(
        "GET /graphql HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n",
        server.address
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("it was never closed").unwrap();
    assert!(bytes.windows(2).any(|w| w == [0x89, 0]), "it was pinged first");
    // One that answers stays.
    let mut ws = Ws::ready(&server).await;
    ws.subscribe("1", "subscription { ticks(n: 2, ms: 1000) }").await;
    for _ in 0..2 {
        assert_eq!(ws.next().await["type"], "next");
    }
}
