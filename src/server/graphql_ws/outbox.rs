//! What waits to be sent: bounded in messages and bytes, written by one task, given up on when the reader takes nothing in.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{Sink, SinkExt};
use poem::web::websocket::{CloseCode, Message, WebSocketStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::protocol::Close;
use crate::server::EdgeConfig;

enum Out {
    Text(String, OwnedSemaphorePermit),
    Ping,
    Close(Close),
}

/// The connection does not write any more.
#[derive(Debug)]
pub(super) struct Gone;

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Outbox {
    queue: mpsc::Sender<Out>,
    bytes: Arc<Semaphore>,
    most_bytes: usize,
}

impl Outbox {
    /// Starts the writer. Its handle is done when it has written a close frame, or cannot write.
    pub fn open(sink: SplitSink<WebSocketStream, Message>, config: &EdgeConfig) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(config.ws_queue.max(1));
        let most_bytes = config.ws_queue_bytes.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let outbox = Self { queue, bytes: Arc::new(Semaphore::new(most_bytes)), most_bytes };
        (outbox, tokio::spawn(write(sink, waiting, config.ws_write_timeout)))
    }

    /// Queues a message; waits while the queue is full.
    pub async fn send(&self, text: String) -> Result<(), Gone> {
        let weight = u32::try_from(text.len().min(self.most_bytes)).unwrap_or(u32::MAX);
        let permit = self.bytes.clone().acquire_many_owned(weight).await.map_err(|_| Gone)?;
        self.queue.send(Out::Text(text, permit)).await.map_err(|_| Gone)
    }

    /// Queues a ping, unless there is a queue: then the reader shows in time whether it lives.
    pub fn ping(&self) {
        let _ = self.queue.try_send(Out::Ping);
    }

    /// Queues the last message.
    pub async fn close(&self, close: Close) -> Result<(), Gone> {
        self.queue.send(Out::Close(close)).await.map_err(|_| Gone)
    }
}

async fn write(
    mut sink: impl Sink<Message, Error = std::io::Error> + Unpin,
    mut waiting: mpsc::Receiver<Out>,
    patience: Duration,
) {
    while let Some(out) = waiting.recv().await {
        let (message, permit, last) = match out {
            Out::Text(text, permit) => (Message::Text(text), Some(permit), false),
            Out::Ping => (Message::Ping(Vec::new()), None, false),
            Out::Close(Close(code, reason)) => {
                (Message::Close(Some((CloseCode::from(code), reason.into()))), None, true)
            }
        };
        let sent = tokio::time::timeout(patience, sink.send(message)).await;
        drop(permit);
        match sent {
            Ok(Ok(())) if !last => {}
            Ok(_) => return,
            Err(_) => {
                tracing::info!("a WebSocket that takes nothing in was cut off");
                return;
            }
        }
    }
}
