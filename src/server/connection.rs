//! One connection: HTTP/1.1 or HTTP/2, with a deadline for doing nothing.
//!
//! poem's own server has no deadline for a head that is sent byte by byte: each byte counts as activity. Here a connection is idle
//! while no request is under way on it, whatever trickles in, and an idle one is closed at its deadline (h27).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Endpoint, Response};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long a connection that is closed may take to send what it still has.
const FAREWELL: Duration = Duration::from_secs(2);
/// Bytes of a request's head. A URL holds a query of 32 KiB, percent-encoded.
const HEAD: usize = 128 * 1024;
/// Bytes of an HTTP/2 request's headers besides.
const H2_HEADERS: u32 = 96 * 1024;
const H2_STREAMS: u32 = 100;
const H2_PING: Duration = Duration::from_secs(20);

/// What a connection needs to know.
#[derive(Clone)]
pub(super) struct Terms {
    pub header_timeout: Duration,
    pub idle_timeout: Duration,
    /// No new requests; what is under way finishes.
    pub stop: CancellationToken,
    /// Drop everything.
    pub now: CancellationToken,
}

/// Requests under way, and when the last one ended.
struct Activity {
    born: Instant,
    under_way: AtomicUsize,
    /// Milliseconds after `born`.
    last_end: AtomicU64,
    served: AtomicUsize,
}

struct UnderWay(Arc<Activity>);

impl UnderWay {
    fn new(activity: Arc<Activity>) -> Self {
        activity.under_way.fetch_add(1, Ordering::Relaxed);
        activity.served.fetch_add(1, Ordering::Relaxed);
        Self(activity)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let millis = u64::try_from(self.0.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.last_end.store(millis, Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Release);
    }
}

impl Activity {
    /// When it has to be looked at again; `None`: it has been idle for too long.
    fn deadline(&self, terms: &Terms) -> Option<Instant> {
        let now = Instant::now();
        if self.under_way.load(Ordering::Acquire) > 0 {
            return Some(now + terms.idle_timeout);
        }
        let patience = if self.served.load(Ordering::Relaxed) == 0 { terms.header_timeout } else { terms.idle_timeout };
        let until = self.born + Duration::from_millis(self.last_end.load(Ordering::Relaxed)) + patience;
        (until > now).then_some(until)
    }
}

/// Serves a connection to its end.
pub(super) async fn serve<P>(socket: TcpStream, peer: SocketAddr, local: SocketAddr, endpoint: Arc<P>, terms: Terms)
where
    P: Endpoint<Output = Response> + 'static,
{
    let activity = Arc::new(Activity {
        born: Instant::now(),
        under_way: AtomicUsize::new(0),
        last_end: AtomicU64::new(0),
        served: AtomicUsize::new(0),
    });
    let service = service_fn({
        let activity = activity.clone();
        move |request: hyper::Request<Incoming>| {
            let (endpoint, under_way) = (endpoint.clone(), UnderWay::new(activity.clone()));
            async move {
                let addresses = (LocalAddr(local.into()), RemoteAddr(peer.into()));
                let response = endpoint.get_response((request, addresses.0, addresses.1, Scheme::HTTP).into()).await;
                drop(under_way);
                Ok::<hyper::Response<_>, Infallible>(response.into())
            }
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(H2_STREAMS)
        .max_header_list_size(H2_HEADERS)
        .max_pending_accept_reset_streams(20)
        .keep_alive_interval(H2_PING)
        .keep_alive_timeout(H2_PING);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
    tokio::pin!(connection);

    let deadline = sleep_until(Instant::now() + terms.header_timeout);
    tokio::pin!(deadline);
    let mut stopping = false;
    loop {
        tokio::select! {
            // An error here is the client's: a reset, a head that is none.
            _ = connection.as_mut() => return,
            () = terms.now.cancelled() => return,
            () = terms.stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = deadline.as_mut() => match activity.deadline(&terms) {
                Some(next) => deadline.as_mut().reset(next),
                None => break,
            },
        }
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(FAREWELL, connection).await;
}
