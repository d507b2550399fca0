//! What can be set about the edge.

use std::net::IpAddr;
use std::time::Duration;

/// The edge's settings; the defaults are for production behind a proxy.
#[derive(Debug, Clone)]
pub struct EdgeConfig {
    /// Bytes of one request body, and of one WebSocket message.
    pub body_limit: usize,
    /// Files of one multipart request.
    pub upload_files: usize,
    /// Bytes of one file.
    pub upload_limit: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long one query or mutation may take, its context included.
    pub request_timeout: Duration,
    /// How long a new connection may take to send its first complete request head.
    pub header_timeout: Duration,
    /// How long a connection may go without a request under way, half-sent heads included.
    pub idle_timeout: Duration,
    /// Connections at the same time; more wait in the listener's queue.
    pub connections: usize,
    /// Requests of one array batch. 0: batches are refused.
    pub batch: usize,
    /// Origins other than the server's own that browsers may call from, e.g. `https://shop.example`.
    pub origins: Vec<String>,
    /// Names of hosts that are answered, on every port; empty: all. Set where the server listens on loopback, against DNS
    /// rebinding.
    pub hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long readiness says no before connections are refused, once shutdown began.
    pub drain_delay: Duration,
    /// How long what is under way may take to finish, once shutdown began.
    pub grace: Duration,
    /// WebSockets at the same time, besides `connections`; more are refused with 503.
    pub ws_connections: usize,
    /// How long a WebSocket may take to send `connection_init`.
    pub ws_init_timeout: Duration,
    /// How often a WebSocket is pinged; one that is silent for twice as long is closed.
    pub ws_keep_alive: Duration,
    /// Operations at the same time on one WebSocket.
    pub ws_operations: usize,
    /// Messages that wait to be sent on one WebSocket. Beyond it its operations wait.
    pub ws_queue: usize,
    /// Bytes of messages that wait to be sent on one WebSocket; one longer message waits alone.
    pub ws_queue_bytes: usize,
    /// How long sending one message may take before a slow reader is cut off.
    pub ws_write_timeout: Duration,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            body_limit: 1024 * 1024,
            upload_files: 2,
            upload_limit: 5 * 1024 * 1024,
            body_timeout: seconds(10),
            request_timeout: seconds(30),
            header_timeout: seconds(10),
            idle_timeout: seconds(60),
            connections: 10_000,
            batch: 0,
            origins: Vec::new(),
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            drain_delay: seconds(1),
            grace: seconds(30),
            ws_connections: 5_000,
            ws_init_timeout: seconds(10),
            ws_keep_alive: seconds(20),
            ws_operations: 100,
            ws_queue: 64,
            ws_queue_bytes: 1024 * 1024,
            ws_write_timeout: seconds(10),
        }
    }
}
