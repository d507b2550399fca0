//! How the rest of Kith is plugged in: who is calling, and is the server ready?

use std::net::IpAddr;

use async_graphql::Data;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::Refusal;
use crate::kernel::Locale;

/// The way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// POST or GET.
    Http,
    /// graphql-transport-ws.
    WebSocket,
}

/// What the edge knows of a request besides its operation.
#[derive(Clone)]
pub struct RequestMeta {
    /// Made by the edge, UUIDv7: in the answer, in `X-Request-Id` and in every log line.
    pub request_id: Uuid,
    /// `X-Request-Id` as it came, at most 64 visible characters: for the log only, since anyone can send any.
    pub client_request_id: Option<String>,
    /// Where it came from; behind a trusted proxy, what the proxy says.
    pub remote: Option<IpAddr>,
    /// `User-Agent`, at most 256 characters.
    pub user_agent: Option<String>,
    /// `Authorization` as it came, or `authorization` of `connection_init`. A secret: never log it.
    pub authorization: Option<String>,
    /// The language for messages.
    pub locale: Locale,
    /// `Kith-Client`: which client program says it is calling; at most 64 characters.
    pub client: Option<String>,
    /// The way in.
    pub transport: Transport,
    /// Whether the operation goes on until somebody ends it: a subscription.
    pub lasting: bool,
}

/// Makes what resolvers find in their context: session, permissions, loaders.
pub trait Contexts: Send + Sync + 'static {
    /// Called once per operation, and once for `connection_init` of a WebSocket, so that a bad token is refused at once.
    ///
    /// # Errors
    /// A [`Refusal`]: `UNAUTHENTICATED` (401) for a token that is forged, expired or ended (on a WebSocket it closes the
    /// connection with 4403), `BUSY` (503) where the same request can succeed later.
    fn context(&self, meta: RequestMeta) -> BoxFuture<'_, Result<Data, Refusal>>;
}

/// Whether the server can do its work.
pub trait Readiness: Send + Sync + 'static {
    /// `Err` says in a word what is missing, e.g. `database`; it is shown at `/readyz`.
    fn check(&self) -> BoxFuture<'_, Result<(), &'static str>>;
}

/// Put as the source of an error ([`async_graphql::Error::new_with_source`]), it ends the subscription that the error comes from,
/// and if asked the whole WebSocket with 4403: for a session that was ended (h20). The client reads the error's `message` and
/// `extensions`, which may be set as in any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the subscription has ended")]
pub struct EndOperation {
    /// Whether the connection is closed too.
    pub close_connection: bool,
}
