//! GraphQL over WebSocket, subprotocol `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).
//!
//! | close code | when |
//! |---|---|
//! | 1001 | the server is ending |
//! | 1009 | a message is too large |
//! | 1013 | too much is under way to take the connection |
//! | 4400 | a message is not JSON, of no known type, lacks a field, or is binary |
//! | 4401 | `subscribe` before `connection_ack` |
//! | 4403 | the token is refused, at `connection_init` or at any operation after it |
//! | 4406 | the client offers other subprotocols only (one that offers none gets a 400) |
//! | 4408 | no `connection_init` in time |
//! | 4409 | an operation of this id is under way |
//! | 4429 | a second `connection_init` |
//! | 4500 | the server failed before the connection was taken |
//!
//! More operations at once than allowed: an `error` message for the one too many, the others go on.
//!
//! One task reads (`session`), one writes (`outbox`), and each operation has its own (`operation`). What waits to be written is
//! bounded in messages and bytes; operations wait when it is full, and a reader that takes nothing in for a while is cut off (h28).

mod operation;
mod outbox;
mod protocol;
mod session;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use poem::http::header::SEC_WEBSOCKET_PROTOCOL;
use poem::http::{StatusCode, Version};
use poem::web::websocket::{WebSocket, WebSocketConfig};
use poem::{FromRequest, IntoResponse, Request, RequestBody, Response};
use uuid::Uuid;

use super::{Edge, Refusal, Transport, meta};
use crate::kernel::Locale;

const PROTOCOL: &str = "graphql-transport-ws";

const NOT_AN_UPGRADE: Refusal = Refusal::bad_request(
    "This is not a WebSocket handshake (RFC 6455, version 13).",
    "这不是有效的 WebSocket 握手（RFC 6455，版本 13）。",
);
const NO_PROTOCOL: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "SUBPROTOCOL_REQUIRED",
    "Offer the subprotocol graphql-transport-ws in Sec-WebSocket-Protocol.",
    "请在 Sec-WebSocket-Protocol 中提供子协议 graphql-transport-ws。",
);
const BUSY: Refusal = Refusal::busy(Duration::from_secs(1));

/// Takes the connection over. The origin has been judged before.
pub(super) async fn upgrade<E: Executor>(
    edge: &Arc<Edge<E>>,
    request: &Request,
    id: Uuid,
    locale: Locale,
) -> Result<Response, Refusal> {
    if edge.shutdown.begin.is_cancelled() {
        return Err(BUSY);
    }
    if request.version() != Version::HTTP_11 {
        return Err(NOT_AN_UPGRADE);
    }
    let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL).ok_or(NO_PROTOCOL)?;
    let speaks = offered.to_str().is_ok_and(|offered| offered.split(',').any(|p| p.trim() == PROTOCOL));
    let socket = WebSocket::from_request(request, &mut RequestBody::default()).await.map_err(|_| NOT_AN_UPGRADE)?;
    let meta = meta::meta(&edge.config, request, id, locale, Transport::WebSocket);
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(4 * 1024)
        .max_message_size(Some(edge.config.body_limit))
        .max_frame_size(Some(edge.config.body_limit));
    let slot = edge.ws_slots.clone().try_acquire_owned().map_err(|_| BUSY)?;
    let edge = edge.clone();
    // Held from now on, so that the shutdown waits for a connection whose handshake is under way too.
    let tracked = edge.tasks.token();
    let upgraded = socket.protocols([PROTOCOL]).config(config).on_upgrade(move |socket| async move {
        session::serve(edge, socket, meta, speaks).await;
        drop((tracked, slot));
    });
    Ok(upgraded.into_response())
}
