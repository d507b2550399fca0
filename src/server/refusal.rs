//! What the edge says itself: a status, a stable code, and words for people.

use std::borrow::Cow;
use std::time::Duration;

use async_graphql::{ErrorExtensionValues, ServerError, Value};
use poem::http::StatusCode;
use uuid::Uuid;

use crate::graphql::errors::whole_seconds;
use crate::graphql::limits::Refused;
use crate::kernel::{Locale, Text};

/// A request that is not executed, or whose execution gave no answer.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable code, in `extensions.code`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: Text,
    /// When to try again: `Retry-After`, and `extensions.retryAfter` in seconds.
    pub retry_after: Option<Duration>,
    /// Whether it was well formed as a request but its document or variables were not: such errors have status 200 for clients
    /// that accept `application/json` only (GraphQL over HTTP).
    pub request_error: bool,
    /// The methods that would do, for 405.
    pub(super) allow: Option<&'static str>,
    details: Option<Box<Refused>>,
}

impl Refusal {
    /// A refusal with a text known at compile time.
    #[must_use]
    pub const fn new(status: StatusCode, code: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self {
            status,
            code,
            message: Text::new(en, zh),
            retry_after: None,
            request_error: false,
            allow: None,
            details: None,
        }
    }

    /// A token that is forged, expired or ended.
    #[must_use]
    pub const fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "The token is not valid, or no longer. Log in again, or leave the Authorization header out.",
            "令牌无效或已过期。请重新登录，或去掉 Authorization 请求头。",
        )
    }

    /// Too much is under way.
    #[must_use]
    pub const fn busy(retry_after: Duration) -> Self {
        let refusal = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "BUSY",
            "Too much is under way. Send the same request again a little later.",
            "当前请求过多。请稍后重试同一请求。",
        );
        refusal.retry(retry_after)
    }

    pub(super) const fn timeout(mutation: bool) -> Self {
        let (en, zh) = if mutation {
            (
                "The answer took too long. It is not known here whether the change was made: send it again with the same idempotency key.",
                "处理超时，结果未知：请用相同的幂等键重试。",
            )
        } else {
            ("The answer took too long. Ask for less, or try again.", "处理超时。请减少请求内容，或重试。")
        };
        Self::new(StatusCode::GATEWAY_TIMEOUT, "TIMEOUT", en, zh).retry(Duration::from_secs(1))
    }

    pub(super) const fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "Something went wrong on our side. If it happens again, tell us the request id.",
            "服务器内部错误。若再次出现，请告知请求编号。",
        )
    }

    pub(super) const fn bad_request(en: &'static str, zh: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", en, zh)
    }

    pub(super) const fn method(allow: &'static str, en: &'static str, zh: &'static str) -> Self {
        let mut refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", en, zh);
        refusal.allow = Some(allow);
        refusal
    }

    /// Says when to try again.
    #[must_use]
    pub const fn retry(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The same as a GraphQL error.
    pub(super) fn to_error(&self, locale: Locale, request_id: Uuid) -> ServerError {
        let mut error = ServerError::new(self.message.get(locale), None);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code);
        extensions.set("requestId", request_id.to_string());
        if let Some(after) = self.retry_after {
            extensions.set("retryAfter", whole_seconds(after));
        }
        if let Some(refused) = &self.details {
            error.locations.extend(refused.at);
            for (name, figure) in [("limit", refused.limit), ("actual", refused.actual)] {
                if let Some(figure) = figure {
                    extensions.set(name, Value::from(figure));
                }
            }
        }
        error.extensions = Some(extensions);
        error
    }

    /// `Retry-After` in whole seconds.
    pub(super) fn retry_after_header(&self) -> Option<Cow<'static, str>> {
        self.retry_after.map(|after| match whole_seconds(after) {
            1 => Cow::Borrowed("1"),
            more => Cow::Owned(more.to_string()),
        })
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: refused.code,
            message: refused.message.clone(),
            retry_after: None,
            request_error: true,
            allow: None,
            details: Some(Box::new(refused)),
        }
    }
}
