//! Requests and seconds, per route. Labels are fixed texts: what a client sends never becomes one.

use std::sync::OnceLock;
use std::time::Instant;

use metrics::{Counter, Histogram};
use poem::http::StatusCode;
use poem::{Endpoint, Middleware, Request, Response};

/// See the module.
pub struct Measure;

impl<E: Endpoint> Middleware<E> for Measure {
    type Output = Measured<E>;

    fn transform(&self, inner: E) -> Measured<E> {
        Measured { inner, usual: OnceLock::new() }
    }
}

/// An endpoint that is measured.
pub struct Measured<E> {
    inner: E,
    /// What nearly all requests count in, looked up once.
    usual: OnceLock<(Counter, Histogram)>,
}

impl<E: Endpoint> Endpoint for Measured<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let route = route(request.uri().path());
        let started = Instant::now();
        let response = self.inner.get_response(request).await;
        let status = status(response.status());
        if (route, status) == ("/graphql", "200") {
            let (requests, seconds) = self.usual.get_or_init(|| figures("/graphql", "200"));
            requests.increment(1);
            seconds.record(started.elapsed());
        } else {
            let (requests, seconds) = figures(route, status);
            requests.increment(1);
            seconds.record(started.elapsed());
        }
        Ok(response)
    }
}

fn figures(route: &'static str, status: &'static str) -> (Counter, Histogram) {
    (
        metrics::counter!("kith_http_requests_total", "route" => route, "status" => status),
        metrics::histogram!("kith_http_request_seconds", "route" => route),
    )
}

fn route(path: &str) -> &'static str {
    match path {
        "/graphql" => "/graphql",
        "/" => "/",
        "/healthz" => "/healthz",
        "/readyz" => "/readyz",
        "/metrics" => "/metrics",
        _ if path.starts_with("/playground/") => "/playground",
        _ => "other",
    }
}

fn status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        101 => "101",
        200 => "200",
        204 => "204",
        400 => "400",
        401 => "401",
        403 => "403",
        404 => "404",
        405 => "405",
        406 => "406",
        408 => "408",
        413 => "413",
        415 => "415",
        421 => "421",
        500 => "500",
        503 => "503",
        504 => "504",
        _ => "other",
    }
}
