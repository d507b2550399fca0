//! Messages over a gateway: one signed `POST` for each.
//!
//! The body is JSON: `{ "id", "channel", "template", "to", "text" }`. `Kith-Signature: t=<unix seconds>,v1=<hex>` is
//! HMAC-SHA-256 over `<t>.<body>` with the shared secret, so that the gateway knows who asks and that nothing is old or
//! changed. `Idempotency-Key` is the message's id, the same for every try. The gateway answers 2xx with
//! `{"accepted": true}`; 400, 404, 410 or 422 when the recipient can never be reached; anything else is a fault that passes.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hmac::{Hmac, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use sha2::Sha256;

use super::breaker::Breaker;
use super::{Message, MessageSender, SendError};
use crate::config;
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

/// The gateway.
pub struct HttpSender {
    client: HttpClient,
    gateway: Uri,
    secret: Secret<String>,
    timeout: Duration,
    breaker: Breaker,
    clock: SharedClock,
}

/// Why the gateway cannot be used as it is configured, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub &'static str);

impl HttpSender {
    /// A client of the configured gateway.
    ///
    /// # Errors
    /// The address is none, or TLS cannot be set up.
    pub fn new(settings: &config::Messages, clock: SharedClock) -> Result<Self, Unusable> {
        let gateway: Uri = settings
            .gateway_url
            .as_deref()
            .and_then(|url| url.parse().ok())
            .ok_or(Unusable("is not an address such as https://gateway.example.com/messages"))?;
        let secret = settings.gateway_secret.clone().ok_or(Unusable("needs messages.gateway_secret beside it"))?;
        Ok(Self {
            client: client()?,
            gateway,
            secret,
            timeout: Duration::from_millis(settings.timeout_ms),
            breaker: Breaker::new(settings.breaker_failures, Duration::from_secs(settings.breaker_pause_s)),
            clock,
        })
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, SendError> {
        let body = json!({
            "id": message.id,
            "channel": message.channel,
            "template": message.template,
            "to": message.to.expose(),
            "text": message.text.expose(),
        })
        .to_string();
        let at = self.clock.now().timestamp();
        let signature = sign(self.secret.expose(), at, body.as_bytes());
        Request::post(self.gateway.clone())
            .header("content-type", "application/json")
            .header("user-agent", concat!("kith/", env!("CARGO_PKG_VERSION")))
            .header("idempotency-key", message.id.to_string())
            .header("kith-signature", format!("t={at},v1={signature}"))
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| provider("GATEWAY_ADDRESS"))
    }

    async fn post(&self, message: &Message) -> Result<(), SendError> {
        let answer = self.client.request(self.request(message)?).await.map_err(|_| provider("GATEWAY_UNREACHABLE"))?;
        match answer.status() {
            status if status.is_success() => {}
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::UNPROCESSABLE_ENTITY => {
                return Err(SendError::RecipientRefused);
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(provider("GATEWAY_KEY_REFUSED")),
            StatusCode::TOO_MANY_REQUESTS => return Err(provider("GATEWAY_BUSY")),
            _ => return Err(provider("GATEWAY_FAULT")),
        }
        // A redirect is no success and is not followed: the text must not reach whoever it names.
        let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map_err(|_| provider("GATEWAY_GARBLED"))?.to_bytes();
        let said: serde_json::Value = serde_json::from_slice(&body).map_err(|_| provider("GATEWAY_GARBLED"))?;
        if said["accepted"] == true { Ok(()) } else { Err(provider("GATEWAY_GARBLED")) }
    }
}

impl MessageSender for HttpSender {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        async move {
            self.breaker.admit(self.clock.now()).map_err(|left| SendError::Resting { left })?;
            let posted = tokio::time::timeout(self.timeout, self.post(message)).await;
            let result = posted.unwrap_or(Err(provider("GATEWAY_TIMEOUT")));
            // A recipient that is refused shows a gateway that works.
            self.breaker.ended(self.clock.now(), !matches!(result, Err(SendError::Provider { .. })));
            result
        }
        .boxed()
    }
}

const fn provider(what: &'static str) -> SendError {
    SendError::Provider { what }
}

/// The signature of a body at a moment, in lower-case hexadecimal digits.
#[must_use]
pub fn sign(secret: &str, at: i64, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
