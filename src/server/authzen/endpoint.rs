//! The endpoints: who asks, what, and the answer.

use std::sync::Arc;

use poem::http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, RETRY_AFTER, WWW_AUTHENTICATE};
use poem::http::{HeaderValue, Method, StatusCode};
use poem::{Endpoint, Request, Response};
use serde_json::{Value, json};

use super::read::{self, Asked, Semantic};
use super::write;
use crate::command::Options;
use crate::domains::services::decisions::decide::decide;
use crate::domains::services::decisions::model::{Decision, Question};
use crate::domains::services::decisions::using::use_permission;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::whole_seconds;
use crate::kernel::Fault;
use crate::permissions::Seat;
use crate::server::middleware::request_id;
use crate::server::sessions::Sessions;
use crate::server::{EdgeConfig, Refusal, Transport, incoming, meta, negotiate};

/// `/access/v1/evaluation` and `/access/v1/evaluations`.
pub struct Evaluate {
    /// Who asks.
    pub sessions: Arc<Sessions>,
    /// Limits on bodies and time.
    pub config: EdgeConfig,
    /// Whether several may be asked at once.
    pub many: bool,
}

/// An error of the whole request: a status, and words in the body, as the standard has it.
struct Failure(StatusCode, String, Option<u64>);

impl Failure {
    fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self(status, words.into(), None)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let words = format!("{}: {}", refusal.code, refusal.message.en);
        Self(refusal.status, words, refusal.retry_after.map(whole_seconds))
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unauthenticated => Refusal::unauthenticated().into(),
            Fault::Busy { retry_after } => Refusal::busy(retry_after).into(),
            Fault::KeyReused => Self::new(
                StatusCode::CONFLICT,
                "IDEMPOTENCY_CONFLICT: this X-Request-ID was used before for another question; make a new one",
            ),
            Fault::BadInput { message, .. } => {
                Self::new(StatusCode::BAD_REQUEST, format!("BAD_REQUEST: {}", message.en))
            }
            fault => {
                tracing::error!(?fault, "a decision could not be made");
                Refusal::internal().into()
            }
        }
    }
}

impl Endpoint for Evaluate {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let echo = request.headers().get(request_id::HEADER).filter(|id| is_plain(id)).cloned();
        let answered =
            tokio::time::timeout(self.config.request_timeout, self.answer(&mut request, echo.as_ref())).await;
        let mut response = match answered.unwrap_or_else(|_| Err(Refusal::timeout(false).into())) {
            Ok(body) => answer(StatusCode::OK, "application/json", body.to_string()),
            Err(Failure(status, words, retry_after)) => {
                incoming::pass_over(&mut request);
                let mut response = answer(status, "text/plain; charset=utf-8", words);
                let headers = response.headers_mut();
                if status == StatusCode::UNAUTHORIZED {
                    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                }
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    headers.insert(ALLOW, HeaderValue::from_static("POST"));
                }
                if let Some(seconds) = retry_after {
                    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                }
                response
            }
        };
        if let Some(id) = echo {
            response.headers_mut().insert(request_id::HEADER, id);
        }
        Ok(response)
    }
}

/// Whether an id of the client's is one that can be sent back: short, and of visible characters.
fn is_plain(id: &HeaderValue) -> bool {
    id.to_str().is_ok_and(|text| !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic()))
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = Response::from(body);
    response.set_status(status);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Evaluate {
    async fn answer(&self, request: &mut Request, echo: Option<&HeaderValue>) -> Result<Value, Failure> {
        if request.method() != Method::POST {
            return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED: questions are sent by POST"));
        }
        let id = request_id::of(request);
        let locale = meta::locale(request.headers());
        if !request.headers().contains_key(AUTHORIZATION) {
            return Err(Refusal::unauthenticated().into());
        }
        let caller = meta::meta(&self.config, request, id, locale, Transport::Http);
        let context = self.sessions.request(caller).await?;
        if !may_ask(&context) {
            let words =
                "FORBIDDEN: a service asks with a token of its own, or the main account of a shop about its staff";
            return Err(Failure::new(StatusCode::FORBIDDEN, words));
        }
        negotiate::content(request.headers())?;
        let body = request.take_body();
        let body = incoming::bytes(request.headers(), body, self.config.body_limit, self.config.body_timeout).await?;
        let asked = if self.many { read::many(&body) } else { read::one(&body) };
        let asked = asked.map_err(|why| Failure::new(StatusCode::BAD_REQUEST, format!("BAD_REQUEST: {why}")))?;
        let service = context.service.as_ref().map(|service| service.service.as_str());
        match asked {
            Asked::One(question, goes_ahead) => {
                let decision = if goes_ahead {
                    let key = echo.as_ref().and_then(|id| id.to_str().ok()).map(str::to_owned);
                    use_permission(&context, &question, Options { key, dry_run: false }).await?
                } else {
                    let decisions = decide(&context, std::slice::from_ref(&*question)).await?;
                    decisions.into_iter().next().unwrap_or_else(Decision::unknown)
                };
                tracing::info!(target: "kith::access", request_id = %id, service, decision = decision.allowed, "evaluation");
                Ok(write::decision(&decision))
            }
            Asked::Many(questions, semantic) => {
                tracing::info!(target: "kith::access", request_id = %id, service, questions = questions.len(), "evaluations");
                Ok(json!({ "evaluations": many(&context, questions, semantic).await? }))
            }
        }
    }
}

/// Decides many, and leaves out what comes after the one that ends it. Asking changes nothing, so it does not matter that the
/// rest was asked as well.
async fn many(
    context: &RequestContext,
    questions: Vec<Result<Question, String>>,
    semantic: Semantic,
) -> Result<Vec<Value>, Fault> {
    let asked: Vec<Question> = questions.iter().filter_map(|question| question.clone().ok()).collect();
    let mut decisions = decide(context, &asked).await?.into_iter();
    let mut answers = Vec::with_capacity(questions.len());
    for question in &questions {
        let (allowed, answer) = match question {
            Ok(_) => {
                let decision = decisions.next().unwrap_or_else(Decision::unknown);
                (decision.allowed, write::decision(&decision))
            }
            Err(why) => (false, write::malformed(why)),
        };
        answers.push(answer);
        let last = match semantic {
            Semantic::ExecuteAll => false,
            Semantic::DenyOnFirstDeny => !allowed,
            Semantic::PermitOnFirstPermit => allowed,
        };
        if last {
            break;
        }
    }
    Ok(answers)
}

/// Services, and main accounts of shops. About what each may ask is decided with each question.
fn may_ask(context: &RequestContext) -> bool {
    let owner = || context.actor().is_ok_and(|actor| actor.seats.iter().any(Seat::is_main));
    context.service.is_some() || owner()
}

/// `/.well-known/authzen-configuration`: where the endpoints are, as seen by whoever asks.
pub struct Configuration;

impl Endpoint for Configuration {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if request.method() != Method::GET {
            let mut response = answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "METHOD_NOT_ALLOWED".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return Ok(response);
        }
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
        let plain =
            |host: &&str| !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        let Some(host) = host.filter(plain) else {
            return Ok(answer(StatusCode::BAD_REQUEST, "text/plain", "BAD_REQUEST: no usable Host".to_owned()));
        };
        // In front of anything but this machine stands something that speaks TLS: the standard knows no other way.
        let local = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| host.split(':').next() == Some(*name) || host.starts_with("[::1]"));
        let issuer = format!("{}://{host}", if local { "http" } else { "https" });
        let body = json!({
            "policy_decision_point": issuer,
            "issuer": issuer,
            "access_evaluation_endpoint": format!("{issuer}/access/v1/evaluation"),
            "access_evaluations_endpoint": format!("{issuer}/access/v1/evaluations"),
        });
        Ok(answer(StatusCode::OK, "application/json", body.to_string()))
    }
}
