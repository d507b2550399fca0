//! A panic becomes an answer (h30), and so does what the router itself refuses: GraphQL-shaped, with a code and the request id.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use poem::http::StatusCode;
use poem::{Endpoint, Middleware, Request, Response};

use super::request_id;
use crate::server::negotiate::Media;
use crate::server::{Refusal, answer, execute, meta};

const NOT_FOUND: Refusal = Refusal::new(
    StatusCode::NOT_FOUND,
    "NOT_FOUND",
    "There is nothing at this path. The API is at /graphql, the playground at /.",
    "此路径不存在。API 位于 /graphql，演示页面位于 /。",
);
const METHOD: Refusal = Refusal::new(
    StatusCode::METHOD_NOT_ALLOWED,
    "METHOD_NOT_ALLOWED",
    "This path does not take this method.",
    "此路径不支持该方法。",
);
const OTHER: Refusal = Refusal::bad_request("The request cannot be read.", "无法解析该请求。");

/// See the module.
pub struct CatchPanic;

impl<E: Endpoint> Middleware<E> for CatchPanic {
    type Output = Caught<E>;

    fn transform(&self, inner: E) -> Caught<E> {
        Caught(inner)
    }
}

/// An endpoint that always answers.
pub struct Caught<E>(E);

impl<E: Endpoint> Endpoint for Caught<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (id, locale) = (request_id::of(&request), meta::locale(request.headers()));
        let refusal = match AssertUnwindSafe(self.0.call(request)).catch_unwind().await {
            Ok(Ok(response)) => return Ok(poem::IntoResponse::into_response(response)),
            Ok(Err(error)) if error.is_from_response() => return Ok(error.into_response()),
            Ok(Err(error)) => match error.status() {
                StatusCode::NOT_FOUND => NOT_FOUND,
                StatusCode::METHOD_NOT_ALLOWED => METHOD,
                status if status.is_client_error() => OTHER,
                _ => {
                    tracing::error!(request_id = %id, %error, "an endpoint failed");
                    Refusal::internal()
                }
            },
            Err(panic) => {
                execute::log_panic(id, &*panic);
                Refusal::internal()
            }
        };
        Ok(answer::refuse(&refusal, Media::Json, locale, id))
    }
}
