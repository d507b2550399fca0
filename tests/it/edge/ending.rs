//! h37: the first signal begins the end, the second makes it one at once.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use kith::server::Ended;
use serde_json::json;
use tokio::net::TcpStream;

use super::ws::Ws;
use super::{PATIENCE, Server, answer, code, until};

async fn ended(server: &mut Server) -> Ended {
    tokio::time::timeout(PATIENCE, &mut server.task).await.expect("it never ended").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h37_readiness_goes_first_and_what_is_under_way_finishes() {
    let mut server = Server::configured(|c| c.drain_delay = Duration::from_secs(1)).await;
    let ready = |server: &Server| {
        let request = server.client.get(server.url("/readyz"));
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(ready(&server).await, 200);
    let slow = tokio::spawn(answer(server.post(&json!({ "query": "{ slow(ms: 2000) }" }))));
    let mutation = tokio::spawn(answer(server.post(&json!({ "query": "mutation { bump(ms: 2000) }" }))));
    until("both began", || server.state.begun.load(SeqCst) == 2).await;
    server.edge.shutdown().begin.cancel();
    assert_eq!(ready(&server).await, 503, "readiness goes first");
    server.lives().await;
    assert_eq!(slow.await.unwrap().1["data"]["slow"], true);
    assert_eq!(mutation.await.unwrap().0, 200);
    assert_eq!(ended(&mut server).await, Ended::InOrder);
    assert!(TcpStream::connect(server.address).await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn h37_a_mutation_without_a_client_is_waited_for() {
    let mut server = Server::start().await;
    let request = server.post(&json!({ "query": "mutation { bump(ms: 700) }" }));
    let sent = tokio::spawn(request.send());
    until("it began", || server.state.begun.load(SeqCst) == 1).await;
    sent.abort();
    server.edge.shutdown().begin.cancel();
    assert_eq!(ended(&mut server).await, Ended::InOrder);
    assert_eq!(server.state.done.load(SeqCst), 1);
}

#[tokio::test]
async fn h37_websockets_are_told_1001_and_finish_what_they_do() {
    let mut server = Server::start().await;
    let mut idle = Ws::ready(&server).await;
    let mut listening = Ws::ready(&server).await;
    listening.subscribe("1", "subscription { never }").await;
    let mut working = Ws::ready(&server).await;
    working.subscribe("0", "{ hello }").await;
    assert_eq!(working.next().await["type"], "next");
    assert_eq!(working.next().await["type"], "complete");
    working.subscribe("1", "subscription { never }").await;
    working.subscribe("2", "mutation { bump(ms: 500) }").await;
    until("it began", || server.state.begun.load(SeqCst) == 1).await;
    server.edge.shutdown().begin.cancel();
    for ws in [&mut idle, &mut listening] {
        assert_eq!(ws.close_code().await, 1001);
    }
    working.subscribe("3", "{ hello }").await;
    let refused = working.next().await;
    assert_eq!((&refused["id"], &refused["payload"][0]["extensions"]["code"]), (&json!("3"), &json!("BUSY")));
    assert_eq!(working.next().await["type"], "next");
    assert_eq!(working.next().await, json!({ "type": "complete", "id": "2" }));
    assert_eq!(working.close_code().await, 1001);
    assert_eq!(ended(&mut server).await, Ended::InOrder);
}

#[tokio::test]
async fn h37_the_grace_period_is_an_end() {
    let mut server = Server::configured(|c| c.grace = Duration::from_millis(300)).await;
    let sent = tokio::spawn(server.post(&json!({ "query": "{ slow(ms: 60000) }" })).send());
    until("it began", || server.state.begun.load(SeqCst) == 1).await;
    server.edge.shutdown().begin.cancel();
    assert_eq!(ended(&mut server).await, Ended::GraceOver);
    assert!(sent.await.unwrap().is_err());
}

#[tokio::test]
async fn h37_a_second_signal_ends_at_once() {
    let mut server = Server::configured(|c| c.drain_delay = Duration::from_secs(60)).await;
    let _sent = tokio::spawn(server.post(&json!({ "query": "{ slow(ms: 60000) }" })).send());
    until("it began", || server.state.begun.load(SeqCst) == 1).await;
    server.edge.shutdown().on_signals().unwrap();
    let signal = async |name: &str| {
        let pid = std::process::id().to_string();
        let status = tokio::process::Command::new("kill").args([name, &pid]).status().await.unwrap();
        assert!(status.success());
    };
    signal("-TERM").await;
    let edge = Arc::clone(&server.edge);
    until("the first signal arrived", || edge.shutdown().begin.is_cancelled()).await;
    assert!(!server.task.is_finished());
    signal("-INT").await;
    assert_eq!(ended(&mut server).await, Ended::AtOnce);
}

#[tokio::test]
async fn h37_idle_connections_do_not_hold_the_end_up() {
    let mut server = Server::start().await;
    server.lives().await; // leaves a kept-alive connection in the client's pool
    let _silent = server.socket().await;
    server.edge.shutdown().begin.cancel();
    assert_eq!(ended(&mut server).await, Ended::InOrder);
}

#[tokio::test]
async fn h37_no_websocket_begins_once_the_end_has() {
    let server = Server::configured(|c| c.drain_delay = Duration::from_secs(60)).await;
    server.edge.shutdown().begin.cancel();
    let upgrade =
        server.client.get(server.url("/graphql")).header("upgrade", "websocket").header("connection", "upgrade");
    let (status, body) = answer(upgrade).await;
    assert_eq!((status, code(&body)), (503, "BUSY"));
    server.edge.shutdown().now.cancel();
}
