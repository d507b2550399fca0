//! One connection, from its handshake to its close frame.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Executor, Request};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use poem::http::StatusCode;
use poem::web::websocket::{Message, WebSocketStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::operation::{Operation, Operations};
use super::outbox::Outbox;
use super::protocol::{ClientMessage, Close, ServerMessage, authorization};
use crate::server::answer::Answer;
use crate::server::middleware::request_id;
use crate::server::{Edge, Refusal, RequestMeta, execute};

/// How long the client may take to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);

const TOO_MANY: Refusal = Refusal::new(
    StatusCode::TOO_MANY_REQUESTS,
    "TOO_MANY_OPERATIONS",
    "Too many operations are under way on this connection. Complete one of them first.",
    "此连接上进行中的操作过多。请先完成其中一个。",
);

/// The balancer sends the next attempt to another server.
const ENDING: Refusal = Refusal::busy(Duration::from_secs(1));

/// Counts a connection for as long as it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("kith_ws_connections").increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("kith_ws_connections").decrement(1.0);
    }
}

/// Why a session ends.
enum End {
    /// The client is told so.
    Tell(Close),
    /// The client has closed; its close frame is to be answered.
    Answer,
    /// There is nobody to tell.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Tell(close)
    }
}

struct Session<E> {
    edge: Arc<Edge<E>>,
    /// Of the handshake; each operation gets its own request id.
    meta: RequestMeta,
    outbox: Outbox,
    operations: Arc<Operations>,
    closing: mpsc::Sender<Close>,
    acknowledged: bool,
    /// The server is ending: what is under way finishes, nothing new begins.
    ending: bool,
    number: u64,
}

/// Serves a connection to its end. `speaks`: whether the client offered the subprotocol.
pub(super) async fn serve<E: Executor>(edge: Arc<Edge<E>>, socket: WebSocketStream, meta: RequestMeta, speaks: bool) {
    let _counted = Counted::new();
    let (sink, mut stream) = socket.split();
    let (outbox, mut writer) = Outbox::open(sink, &edge.config);
    let (closing, asked) = mpsc::channel(1);
    let now = edge.shutdown.now.clone();
    let operations = Arc::new(Operations::default());
    let session = Session {
        edge,
        meta,
        outbox: outbox.clone(),
        operations: operations.clone(),
        closing,
        acknowledged: false,
        ending: false,
        number: 0,
    };
    let work = async {
        let end =
            if speaks { session.talk(&mut stream, &mut writer, asked).await } else { End::Tell(Close::SUBPROTOCOL) };
        operations.cancel_all(false);
        match end {
            End::Tell(close) => farewell(close, &outbox, &mut writer, &mut stream).await,
            End::Answer => read_out(&mut stream).await,
            End::Gone => {}
        }
    };
    tokio::select! {
        () = work => {}
        () = now.cancelled() => operations.cancel_all(false),
    }
    writer.abort();
}

/// Sends the close frame and waits for the client's, so that what was sent before is not lost with the socket.
async fn farewell(
    close: Close,
    outbox: &Outbox,
    writer: &mut JoinHandle<()>,
    stream: &mut SplitStream<WebSocketStream>,
) {
    if outbox.close(close).await.is_err() || writer.is_finished() {
        return;
    }
    let _ = writer.await;
    read_out(stream).await;
}

/// Reads to the end of the closing handshake; reading is what makes the answer to a close frame go out.
async fn read_out(stream: &mut SplitStream<WebSocketStream>) {
    let _ = tokio::time::timeout(FAREWELL, async { while let Some(Ok(_)) = stream.next().await {} }).await;
}

impl<E: Executor> Session<E> {
    /// Reads until there is a reason to close, or nobody left to tell it to.
    async fn talk(
        mut self,
        stream: &mut SplitStream<WebSocketStream>,
        writer: &mut JoinHandle<()>,
        mut asked: mpsc::Receiver<Close>,
    ) -> End {
        let config = self.edge.config.clone();
        let init_deadline = sleep_until(Instant::now() + config.ws_init_timeout);
        tokio::pin!(init_deadline);
        let mut keep_alive = interval(config.ws_keep_alive);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        keep_alive.reset();
        let mut heard = Instant::now();
        let begin = self.edge.shutdown.begin.clone();
        loop {
            tokio::select! {
                message = stream.next() => {
                    heard = Instant::now();
                    let Some(message) = message else {
                        return End::Gone;
                    };
                    if let Err(end) = self.hear(message).await {
                        return end;
                    }
                }
                Some(close) = asked.recv() => return End::Tell(close),
                () = &mut init_deadline, if !self.acknowledged => return End::Tell(Close::NO_INIT),
                _ = keep_alive.tick() => {
                    if heard.elapsed() > config.ws_keep_alive * 2 {
                        tracing::info!(request_id = %self.meta.request_id, "a WebSocket whose client is gone was closed");
                        return End::Gone;
                    }
                    self.outbox.ping();
                }
                _ = &mut *writer => return End::Gone,
                () = begin.cancelled(), if !self.ending => {
                    self.ending = true;
                    self.operations.cancel_all(true);
                    if self.operations.count() == 0 {
                        return End::Tell(Close::ENDING);
                    }
                }
                () = self.operations.none_left.notified(), if self.ending => {
                    // It may have been told before the end began.
                    if self.operations.count() == 0 {
                        return End::Tell(Close::ENDING);
                    }
                }
            }
        }
    }

    async fn hear(&mut self, message: io::Result<Message>) -> Result<(), End> {
        match message {
            Ok(Message::Text(text)) => Ok(self.understand(ClientMessage::read(&text)?).await?),
            Ok(Message::Binary(_)) => Err(End::Tell(Close::INVALID)),
            Ok(Message::Ping(_) | Message::Pong(_)) => Ok(()),
            Ok(Message::Close(_)) => Err(End::Answer),
            Err(error) if error.to_string().contains("too long") => Err(End::Tell(Close::TOO_LARGE)),
            // Not UTF-8, or no WebSocket frame.
            Err(error) if error.kind() == io::ErrorKind::Other => Err(End::Tell(Close::INVALID)),
            Err(_) => Err(End::Gone),
        }
    }

    async fn understand(&mut self, message: ClientMessage) -> Result<(), Close> {
        match message {
            ClientMessage::ConnectionInit { .. } if self.acknowledged => Err(Close::SECOND_INIT),
            ClientMessage::ConnectionInit { payload } => {
                if let Some(token) = payload.as_ref().and_then(authorization) {
                    self.meta.authorization = Some(token.to_owned());
                }
                self.admit().await?;
                self.acknowledged = true;
                self.say(&ServerMessage::ConnectionAck).await;
                Ok(())
            }
            ClientMessage::Ping { payload } => {
                self.say(&ServerMessage::Pong { payload }).await;
                Ok(())
            }
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Subscribe { .. } if !self.acknowledged => Err(Close::UNAUTHORIZED),
            ClientMessage::Subscribe { id, payload } => self.start(id, payload.into()).await,
            ClientMessage::Complete { id } => {
                self.operations.cancel(&id);
                Ok(())
            }
        }
    }

    /// Shows the token at the door; what is made for it is made again for each operation.
    async fn admit(&self) -> Result<(), Close> {
        let asked = execute::caught(self.meta.request_id, self.edge.contexts.context(self.meta.clone()));
        let answer = tokio::time::timeout(self.edge.config.request_timeout, asked).await.map_err(|_| Close::BUSY)?;
        match answer.and_then(|context| context) {
            Ok(_) => Ok(()),
            Err(refusal) => Err(match refusal.status.as_u16() {
                401 | 403 => Close::FORBIDDEN,
                503 => Close::BUSY,
                _ => Close::INTERNAL,
            }),
        }
    }

    async fn start(&mut self, id: String, request: Request) -> Result<(), Close> {
        self.number += 1;
        let meta = RequestMeta { request_id: request_id::new(), ..self.meta.clone() };
        let full = self.operations.count() >= self.edge.config.ws_operations;
        if full || self.ending {
            let refusal = if full { TOO_MANY } else { ENDING };
            let error = refusal.to_error(meta.locale, meta.request_id);
            self.say(&ServerMessage::Error { id: &id, payload: &[error] }).await;
            return Ok(());
        }
        if !self.operations.begin(&id, self.number) {
            return Err(Close::DUPLICATE);
        }
        let operation = Operation {
            edge: self.edge.clone(),
            operations: self.operations.clone(),
            outbox: self.outbox.clone(),
            closing: self.closing.clone(),
            id: id.clone(),
            number: self.number,
            meta,
        };
        let task = tokio::spawn(operation.run(request));
        self.operations.started(&id, self.number, task.abort_handle());
        Ok(())
    }

    async fn say(&self, message: &ServerMessage<'_, Answer>) {
        let _ = self.outbox.send(message.text()).await;
    }
}
