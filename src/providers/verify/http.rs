//! A verifier over HTTP: one signed `POST` for each question, as for messages ([`crate::providers::signed`]).
//!
//! `POST <url>/identity` with `{ "id", "region", "name", "number" }`, `POST <url>/face` with `gesture` and `photo` (a JPEG in
//! base 64) beside them. The answer is `{ "id", "verdict", "score" }`: the same id; `match`, `mismatch` or `unsure`; 0 to 100.
//! An answer that contradicts itself (another id, a match that is hardly one) is no verdict, and never decides over anybody.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Claim, FaceVerifier, IdentityVerifier, Verdict, VerifyError};
use crate::config;
use crate::kernel::clock::SharedClock;
use crate::providers::breaker::Breaker;
use crate::providers::signed::{self, HttpClient, Unusable};
use crate::telemetry::Secret;

/// Scores from here on are a match.
const MATCHES_FROM: i64 = 80;

/// The verifier.
pub struct HttpVerifier {
    client: HttpClient,
    url: String,
    secret: Secret<String>,
    timeout: Duration,
    breaker: Breaker,
    clock: SharedClock,
}

impl HttpVerifier {
    /// A client of the configured verifier.
    ///
    /// # Errors
    /// The address is none, or TLS cannot be set up.
    pub fn new(settings: &config::Certification, clock: SharedClock) -> Result<Self, Unusable> {
        let reason = Unusable("is not an address such as https://verifier.example.com/v1");
        let url = settings.verifier_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        let url = url.filter(|url| url.parse::<hyper::Uri>().is_ok_and(|uri| uri.host().is_some())).ok_or(reason)?;
        let secret =
            settings.verifier_secret.clone().ok_or(Unusable("needs certification.verifier_secret beside it"))?;
        Ok(Self {
            client: signed::client()?,
            url,
            secret,
            timeout: Duration::from_millis(settings.timeout_ms),
            breaker: Breaker::new(settings.breaker_failures, Duration::from_secs(settings.breaker_pause_s)),
            clock,
        })
    }

    async fn ask(&self, question: &str, id: Uuid, body: Value) -> Result<Verdict, VerifyError> {
        self.breaker.admit(self.clock.now()).map_err(VerifyError::Resting)?;
        let asked = tokio::time::timeout(self.timeout, self.post(question, id, body)).await;
        let result = asked.unwrap_or(Err("VERIFIER_TIMEOUT"));
        self.breaker.ended(self.clock.now(), result.is_ok());
        result.map_err(VerifyError::Provider)
    }

    async fn post(&self, question: &str, id: Uuid, body: Value) -> Result<Verdict, &'static str> {
        let url = format!("{}/{question}", self.url);
        let request = signed::request(&url, &self.secret, self.clock.now(), &id.to_string(), body.to_string())
            .map_err(|_| "VERIFIER_ADDRESS")?;
        let answer = self.client.request(request).await.map_err(|_| "VERIFIER_UNREACHABLE")?;
        // A redirect is no answer and is not followed: names and faces must not reach whoever it names.
        match answer.status().as_u16() {
            200..=299 => {}
            401 | 403 => return Err("VERIFIER_KEY_REFUSED"),
            429 => return Err("VERIFIER_BUSY"),
            _ => return Err("VERIFIER_FAULT"),
        }
        read(id, &signed::json(answer).await.ok_or("VERIFIER_GARBLED")?)
    }
}

/// What an answer says, if it agrees with itself.
pub fn read(id: Uuid, said: &Value) -> Result<Verdict, &'static str> {
    if said["id"].as_str() != Some(id.to_string().as_str()) {
        return Err("VERIFIER_CONTRADICTORY");
    }
    let score = said["score"].as_i64().filter(|score| (0..=100).contains(score));
    match (said["verdict"].as_str(), score) {
        (Some("match"), Some(score)) if score >= MATCHES_FROM => Ok(Verdict::Match),
        (Some("mismatch"), Some(score)) if score < MATCHES_FROM => Ok(Verdict::Mismatch("VERIFIER_MISMATCH")),
        (Some("unsure"), _) => Ok(Verdict::Unsure("VERIFIER_UNSURE")),
        (Some("match" | "mismatch"), Some(_)) => Err("VERIFIER_CONTRADICTORY"),
        _ => Err("VERIFIER_GARBLED"),
    }
}

impl IdentityVerifier for HttpVerifier {
    fn identity<'a>(&'a self, id: Uuid, claim: &'a Claim) -> BoxFuture<'a, Result<Verdict, VerifyError>> {
        let body = json!({
            "id": id, "region": claim.region, "name": claim.name.expose(), "number": claim.number.expose(),
        });
        self.ask("identity", id, body).boxed()
    }
}

impl FaceVerifier for HttpVerifier {
    fn face<'a>(
        &'a self,
        id: Uuid,
        claim: &'a Claim,
        gesture: &'a str,
        photo: &'a [u8],
    ) -> BoxFuture<'a, Result<Verdict, VerifyError>> {
        let body = json!({
            "id": id, "region": claim.region, "name": claim.name.expose(), "number": claim.number.expose(),
            "gesture": gesture, "photo": STANDARD.encode(photo),
        });
        self.ask("face", id, body).boxed()
    }
}
