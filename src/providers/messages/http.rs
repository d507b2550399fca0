//! Messages over a gateway: one signed `POST` for each.
//!
//! The body is JSON: `{ "id", "channel", "template", "to", "text" }`. `Kith-Signature: t=<unix seconds>,v1=<hex>` is
//! HMAC-SHA-256 over `<t>.<body>` with the shared secret, so that the gateway knows who asks and that nothing is old or
//! changed. `Idempotency-Key` is the message's id, the same for every try. The gateway answers 2xx with
//! `{"accepted": true}`; 400, 404, 410 or 422 when the recipient can never be reached; anything else is a fault that passes.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use serde_json::json;

use super::{Message, MessageSender, SendError};
use crate::config;
use crate::kernel::clock::SharedClock;
use crate::providers::breaker::Breaker;
use crate::providers::signed::{self, HttpClient, Unusable};
use crate::telemetry::Secret;

/// The gateway.
pub struct HttpSender {
    client: HttpClient,
    gateway: Uri,
    secret: Secret<String>,
    timeout: Duration,
    breaker: Breaker,
    clock: SharedClock,
}

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
            client: signed::client()?,
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
        signed::request(&self.gateway, &self.secret, self.clock.now(), &message.id.to_string(), body)
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
        let said = signed::json(answer).await.ok_or(provider("GATEWAY_GARBLED"))?;
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
