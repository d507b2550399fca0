//! h27: heads and bodies that do not come, and sockets that say nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{PATIENCE, Server};

async fn impatient() -> Server {
    Server::configured(|c| {
        c.header_timeout = Duration::from_millis(300);
        c.idle_timeout = Duration::from_millis(600);
        c.body_timeout = Duration::from_millis(300);
    })
    .await
}

/// What comes back until the server closes.
async fn rest(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is a close as well.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("the socket was never closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn h27_silent_and_half_heads_are_closed_at_the_deadline() {
    let server = impatient().await;
    for head in ["", "P", "PRI * HTTP/2.0\r\n", "POST /graphql HTTP/1.1\r\nhost: a\r\n"] {
        let mut socket = server.socket().await;
        socket.write_all(head.as_bytes()).await.unwrap();
        rest(&mut socket).await;
    }
    server.lives().await;
}

#[tokio::test]
async fn h27_a_head_that_trickles_is_closed_all_the_same() {
    let server = impatient().await;
    let (mut read, mut write) = server.socket().await.into_split();
    let trickle = tokio::spawn(async move {
        let _ = write.write_all(b"POST /graphql HTTP/1.1\r\nx: ").await;
        while write.write_all(b"y").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, read.read_to_end(&mut bytes)).await.expect("it was never closed");
    tokio::time::timeout(PATIENCE, trickle).await.expect("it can still be written to").unwrap();
}

#[tokio::test]
async fn h27_a_half_http_2_head_is_closed_too() {
    let server = impatient().await;
    let mut socket = server.socket().await;
    // The preface, empty settings, and a HEADERS frame of 100 bytes of which 4 come.
    socket
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x64\x01\x04\0\0\0\x01abcd")
        .await
        .unwrap();
    rest(&mut socket).await;
    server.lives().await;
}

#[tokio::test]
async fn h27_half_bodies_are_told_and_closed() {
    let server = impatient().await;
    let mut socket = server.socket().await;
    socket
        .write_all(b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"query\"")
        .await
        .unwrap();
    let answer = rest(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("BODY_TIMEOUT"), "{answer}");
}

#[tokio::test]
async fn h27_a_connection_that_has_served_is_closed_when_idle() {
    let server = impatient().await;
    let mut socket = server.socket().await;
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(rest(&mut socket).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn h27_a_slow_request_is_not_idle() {
    let server = Server::configured(|c| c.idle_timeout = Duration::from_millis(100)).await;
    assert_eq!(server.query("{ slow(ms: 700) }").await.1["data"]["slow"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h27_others_are_served_beside_many_idle_sockets() {
    // As many as this process may open: both ends of each socket are its own.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|l| l.starts_with("Max open files")).unwrap();
    let files: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap_or(usize::MAX);
    let many = (files.saturating_sub(200) / 2).min(10_000);
    let server = Server::configured(|c| {
        c.header_timeout = Duration::from_secs(3);
        c.connections = many + 100;
    })
    .await;
    let mut idle = Vec::with_capacity(many);
    for _ in 0..many {
        idle.push(server.socket().await);
    }
    server.lives().await;
    for socket in &mut idle {
        rest(socket).await;
    }
    server.lives().await;
}

#[tokio::test]
async fn h27_beyond_the_most_connections_one_waits_for_another_to_end() {
    let server = Server::configured(|c| {
        c.connections = 2;
        c.header_timeout = Duration::from_millis(500);
    })
    .await;
    let _idle = [server.socket().await, server.socket().await];
    server.lives().await;
}
