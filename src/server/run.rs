//! Accepts connections until it is told to end, and then ends in order (h37).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use poem::{Endpoint, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Edge;
use super::connection::{self, Terms};

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything that was under way finished.
    InOrder,
    /// The grace period was over before everything had finished.
    GraceOver,
    /// It was told to end at once.
    AtOnce,
}

/// Serves `endpoint` (of [`routes`](super::routes())) on `listener` until [`Shutdown`](super::Shutdown) begins. Then: readiness says no;
/// after [`drain_delay`](super::EdgeConfig::drain_delay) the listener closes; requests, mutations and WebSockets get
/// [`grace`](super::EdgeConfig::grace) to finish. `shutdown.now` ends it at any moment.
///
/// # Errors
/// The listener has no address.
pub async fn run<E, P>(listener: TcpListener, edge: Arc<Edge<E>>, endpoint: P) -> io::Result<Ended>
where
    E: Executor,
    P: Endpoint<Output = Response> + 'static,
{
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    let (endpoint, shutdown, config) = (Arc::new(endpoint), edge.shutdown.clone(), &edge.config);
    let terms = Terms {
        header_timeout: config.header_timeout,
        idle_timeout: config.idle_timeout,
        stop: CancellationToken::new(),
        now: shutdown.now.clone(),
    };
    let connections = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(config.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let closing = async {
        shutdown.begin.cancelled().await;
        tracing::info!("not ready any more");
        tokio::time::sleep(config.drain_delay).await;
    };
    tokio::pin!(closing);
    loop {
        // A slot first: more connections than there are slots wait in the listener's queue, and cost nothing.
        let accepted = async {
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = &mut closing => break,
            () = shutdown.now.cancelled() => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                undelayed(&socket);
                let (endpoint, terms) = (endpoint.clone(), terms.clone());
                connections.spawn(async move {
                    connection::serve(socket, peer, address, endpoint, terms).await;
                    drop(slot);
                });
            }
            Err(error) => {
                // Out of file descriptors, most often: trying again at once would only burn the processor.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    terms.stop.cancel();
    connections.close();
    edge.tasks.close();
    let finished = async {
        connections.wait().await;
        edge.tasks.wait().await;
    };
    let ended = tokio::select! {
        biased;
        () = shutdown.now.cancelled() => Ended::AtOnce,
        () = finished => Ended::InOrder,
        () = tokio::time::sleep(config.grace) => Ended::GraceOver,
    };
    shutdown.now.cancel();
    tracing::info!(?ended, "ended");
    Ok(ended)
}

/// Answers are written whole, so waiting for more to send would only delay them.
fn undelayed(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
}
