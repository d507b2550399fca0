//! Signed requests to a provider of ours: one JSON `POST` each, with a time limit and behind a circuit breaker.
//!
//! `Kith-Signature: t=<unix seconds>,v1=<hex>` is HMAC-SHA-256 over `<t>.<body>` with the shared secret; `Idempotency-Key`
//! is the same for every try of the same thing. A redirect is not followed.

use std::time::Duration;

use hmac::{Hmac, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use sha2::Sha256;

use super::breaker::Breaker;
use crate::kernel::Instant;
use crate::kernel::clock::SharedClock;
use crate::telemetry::Secret;

/// The most of an answer that is read.
const LONGEST_ANSWER: usize = 16 * 1024;

/// How connections to the outside are made.
pub type Connector = HttpsConnector<HttpConnector>;
/// A client of the outside.
pub type HttpClient = Client<Connector, Full<Bytes>>;

/// How connections are made: with the certificates that this system trusts.
///
/// # Errors
/// TLS cannot be set up.
pub fn connector() -> Result<Connector, Unusable> {
    let mut roots = rustls::RootCertStore::empty();
    // A broken certificate among those of the system is no reason to refuse the others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Unusable("cannot be reached: TLS is not to be had"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build())
}

/// A client of the outside.
///
/// # Errors
/// As [`connector`].
pub fn client() -> Result<HttpClient, Unusable> {
    Ok(Client::builder(TokioExecutor::new()).build(connector()?))
}

/// Why a provider cannot be used as it is configured, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub &'static str);

/// A signed request. The address is a whole one; `key` is the same for every try of the same thing.
///
/// # Errors
/// The address is none, or the key is no header.
pub fn request<U>(
    url: U,
    secret: &Secret<String>,
    now: Instant,
    key: &str,
    body: String,
) -> Result<Request<Full<Bytes>>, hyper::http::Error>
where
    U: TryInto<Uri>,
    hyper::http::Error: From<U::Error>,
{
    let at = now.timestamp();
    let signature = sign(secret.expose(), at, body.as_bytes());
    Request::post(url)
        .header("content-type", "application/json")
        .header("user-agent", concat!("kith/", env!("CARGO_PKG_VERSION")))
        .header("idempotency-key", key)
        .header("kith-signature", format!("t={at},v1={signature}"))
        .body(Full::new(Bytes::from(body)))
}

/// The JSON of an answer; nothing when it is cut off, longer than 16 KiB, or no JSON.
pub async fn json(answer: Response<Incoming>) -> Option<Value> {
    let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await.ok()?;
    serde_json::from_slice(&body.to_bytes()).ok()
}

/// The signature of a body at a moment, in lower-case hexadecimal digits.
#[must_use]
pub fn sign(secret: &str, at: i64, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// How patient to be with a provider.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Limit of one request.
    pub timeout: Duration,
    /// Failures in a row after which it is left alone.
    pub failures: u32,
    /// For how long.
    pub pause: Duration,
}

/// A provider that answers signed requests.
pub struct SignedClient {
    client: HttpClient,
    base: String,
    secret: Secret<String>,
    timeout: Duration,
    breaker: Breaker,
    clock: SharedClock,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A JSON answer with a status of success.
    Said(Value),
    /// The provider looked at it and refuses it: 400, 404, 409, 410 or 422, with what it says of it.
    Refused(Value),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReply {
    /// It is left alone for a while. Nothing was sent.
    Resting {
        /// How long.
        left: Duration,
    },
    /// Nothing was done: it does not know us (401, 403), or has no time for us (429).
    NotTaken {
        /// What, as a stable word.
        what: &'static str,
    },
    /// It may have been done or not: no connection, no answer in time, cut off, garbage, a fault.
    Unknown {
        /// What, as a stable word.
        what: &'static str,
    },
}

impl SignedClient {
    /// A client of the provider at `url`, below which the paths of [`SignedClient::post`] stand.
    ///
    /// # Errors
    /// The address is none, or TLS cannot be set up.
    pub fn new(url: &str, secret: Secret<String>, patience: Patience, clock: SharedClock) -> Result<Self, Unusable> {
        let address: Option<Uri> = url.parse().ok().filter(|uri: &Uri| uri.host().is_some() && uri.query().is_none());
        if address.is_none() {
            return Err(Unusable("is not an address such as https://gateway.example.com/payments"));
        }
        Ok(Self {
            client: client()?,
            base: url.trim_end_matches('/').to_owned(),
            secret,
            timeout: patience.timeout,
            breaker: Breaker::new(patience.failures, patience.pause),
            clock,
        })
    }

    /// Posts `body` to a path, such as `authorise`.
    ///
    /// # Errors
    /// [`NoReply`]; of [`NoReply::Unknown`] it has to be asked what became of it.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Reply, NoReply> {
        self.breaker.admit(self.clock.now()).map_err(|left| NoReply::Resting { left })?;
        let reply = tokio::time::timeout(self.timeout, self.ask(path, key, body)).await;
        let reply = reply.unwrap_or(Err(NoReply::Unknown { what: "GATEWAY_TIMEOUT" }));
        self.breaker.ended(self.clock.now(), reply.is_ok());
        reply
    }

    async fn ask(&self, path: &str, key: &str, body: &Value) -> Result<Reply, NoReply> {
        let body = body.to_string();
        let url = format!("{}/{path}", self.base);
        let request = request(&url, &self.secret, self.clock.now(), key, body)
            .map_err(|_| NoReply::NotTaken { what: "GATEWAY_ADDRESS" })?;
        let unknown = |what| NoReply::Unknown { what };
        let answer = self.client.request(request).await.map_err(|_| unknown("GATEWAY_UNREACHABLE"))?;
        let status = answer.status();
        let refused = [
            StatusCode::BAD_REQUEST,
            StatusCode::NOT_FOUND,
            StatusCode::CONFLICT,
            StatusCode::GONE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]
        .contains(&status);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(NoReply::NotTaken { what: "GATEWAY_KEY_REFUSED" });
            }
            StatusCode::TOO_MANY_REQUESTS => return Err(NoReply::NotTaken { what: "GATEWAY_BUSY" }),
            status if status.is_success() || refused => {}
            _ => return Err(unknown("GATEWAY_FAULT")),
        }
        let said = json(answer).await.ok_or(unknown("GATEWAY_GARBLED"))?;
        Ok(if refused { Reply::Refused(said) } else { Reply::Said(said) })
    }
}
