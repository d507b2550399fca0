//! A UUIDv7 for each request: in its context, in each of its log lines, and in `X-Request-Id` of its answer.

use std::time::{SystemTime, UNIX_EPOCH};

use poem::http::{HeaderName, HeaderValue};
use poem::{Endpoint, Middleware, Request, Response};
use uuid::{Builder, Uuid};

pub(in crate::server) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone, Copy)]
struct RequestId(Uuid);

/// A new id. Like `Uuid::now_v7`, without its lock and its system call.
pub(in crate::server) fn new() -> Uuid {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or(0), &rand::random()).into_uuid()
}

/// The id of a request that passed the middleware; a new one otherwise.
pub(in crate::server) fn of(request: &Request) -> Uuid {
    request.data::<RequestId>().map_or_else(new, |id| id.0)
}

/// See the module.
pub struct RequestIds;

impl<E: Endpoint> Middleware<E> for RequestIds {
    type Output = Identified<E>;

    fn transform(&self, inner: E) -> Identified<E> {
        Identified(inner)
    }
}

/// An endpoint whose requests have ids.
pub struct Identified<E>(E);

impl<E: Endpoint> Endpoint for Identified<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let id = new();
        request.set_data(RequestId(id));
        let mut response = self.0.get_response(request).await;
        let mut buffer = Uuid::encode_buffer();
        // An endpoint whose standard wants the client's own id echoed has said so already.
        if response.headers().contains_key(HEADER) {
            return Ok(response);
        }
        if let Ok(value) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)) {
            response.headers_mut().insert(HEADER, value);
        }
        Ok(response)
    }
}
