//! Answers as JSON, written once and straight to bytes.

use std::collections::BTreeMap;

use async_graphql::{ErrorExtensionValues, Response as Executed, ServerError, Value};
use poem::Response;
use poem::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use poem::http::{HeaderValue, StatusCode};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::Refusal;
use super::negotiate::Media;
use crate::graphql::limits::Cost;
use crate::graphql::shown;
use crate::kernel::Locale;

/// Validation errors beyond this many are not listed: a small request must not have a large answer (h25).
const MOST_REQUEST_ERRORS: usize = 10;
/// Characters of one error's message.
const LONGEST_MESSAGE: usize = 400;

/// What came of one operation.
pub(super) struct Answer {
    executed: Executed,
    cost: Cost,
    /// Whether it was run: if not, there is no `data` in the answer.
    pub ran: bool,
}

impl Answer {
    /// Sees whether it was run, and puts its errors in order: a code on each, the request id, no long texts.
    pub fn new(mut executed: Executed, cost: Cost, request_id: Uuid) -> Self {
        let errors = &mut executed.errors;
        let ran = errors.is_empty() || executed.data != Value::Null || errors.iter().any(|e| !e.path.is_empty());
        if !ran {
            errors.truncate(MOST_REQUEST_ERRORS);
        }
        if !errors.is_empty() {
            let id = Value::from(request_id.to_string());
            for error in errors {
                shorten(&mut error.message);
                let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
                if extensions.get("code").is_none() {
                    // Once it runs, the one error that resolvers do not make is an argument that is not of its type.
                    extensions.set("code", if ran { "BAD_USER_INPUT" } else { "GRAPHQL_VALIDATION_FAILED" });
                }
                extensions.set("requestId", id.clone());
            }
        }
        Self { executed, cost, ran }
    }

    /// A refusal in the place of an answer, among others of a batch.
    pub fn refused(refusal: &Refusal, locale: Locale, request_id: Uuid) -> Self {
        let executed = Executed::from_errors(vec![refusal.to_error(locale, request_id)]);
        Self { executed, cost: Cost { requested: 0, limit: 0 }, ran: false }
    }

    /// The code of the first error, for the log; `OK` if there is none.
    pub fn outcome(&self) -> &str {
        match self.executed.errors.first() {
            None => "OK",
            Some(error) => match error.extensions.as_ref().and_then(|e| e.get("code")) {
                Some(Value::String(code)) => code,
                _ => "ERROR",
            },
        }
    }

    pub fn errors(&self) -> &[ServerError] {
        &self.executed.errors
    }

    /// When to try again, in seconds: the longest that a field asks for (h12).
    fn retry_after(&self) -> Option<u64> {
        let after = |error: &ServerError| match error.extensions.as_ref()?.get("retryAfter")? {
            Value::Number(seconds) => seconds.as_u64(),
            _ => None,
        };
        self.executed.errors.iter().filter_map(after).max()
    }

    pub fn http(self, media: Media) -> Response {
        let status = if self.ran { StatusCode::OK } else { media.request_error() };
        let mut response = json(status, media, &self);
        if let Some(after) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after));
        }
        if !self.executed.http_headers.is_empty() {
            response.headers_mut().extend(self.executed.http_headers);
        }
        response
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.executed.errors.is_empty() {
            map.serialize_entry("errors", &self.executed.errors)?;
        }
        if self.ran {
            map.serialize_entry("data", &self.executed.data)?;
            map.serialize_entry("extensions", &Extensions(self.cost, &self.executed.extensions))?;
        }
        map.end()
    }
}

struct Extensions<'a>(Cost, &'a BTreeMap<String, Value>);

impl Serialize for Extensions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("cost", &self.0)?;
        for (name, value) in self.1 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A refusal as an answer.
pub(super) fn refuse(refusal: &Refusal, media: Media, locale: Locale, request_id: Uuid) -> Response {
    #[derive(Serialize)]
    struct Body {
        errors: [ServerError; 1],
    }
    let status = if refusal.request_error { media.request_error() } else { refusal.status };
    let mut response = json(status, media, &Body { errors: [refusal.to_error(locale, request_id)] });
    let headers = response.headers_mut();
    if let Some(after) = refusal.retry_after_header().and_then(|after| HeaderValue::from_str(&after).ok()) {
        headers.insert(RETRY_AFTER, after);
    }
    if let Some(allow) = refusal.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    response
}

pub(super) fn json(status: StatusCode, media: Media, body: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(512);
    if let Err(error) = shown::to_writer(&mut bytes, body) {
        tracing::error!(%error, "an answer cannot be written as JSON");
        return Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).finish();
    }
    let mut response = Response::from(bytes);
    response.set_status(status);
    response.headers_mut().insert(CONTENT_TYPE, media.content_type());
    response
}

fn shorten(message: &mut String) {
    if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
}
