//! `/healthz` (the process lives), `/readyz` (it can do its work, and is not about to end), `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;
use poem::{Endpoint, Request, Response};
use serde::Serialize;

use super::Edge;
use super::answer::json;
use super::negotiate::Media;

/// How long the parts may take to say that they are ready.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'static str>,
}

fn status(code: StatusCode, status: &'static str, missing: Option<&'static str>) -> Response {
    json(code, Media::Json, &Status { status, missing })
}

/// `/healthz`.
pub(super) struct Healthz;

impl Endpoint for Healthz {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        Ok(status(StatusCode::OK, "ok", None))
    }
}

/// `/readyz`.
pub(super) struct Readyz<E>(pub Arc<Edge<E>>);

impl<E: Executor> Endpoint for Readyz<E> {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        if self.0.shutdown.begin.is_cancelled() {
            return Ok(status(StatusCode::SERVICE_UNAVAILABLE, "ending", None));
        }
        let missing = match &self.0.readiness {
            None => None,
            Some(readiness) => match tokio::time::timeout(PATIENCE, readiness.check()).await {
                Ok(checked) => checked.err(),
                Err(_) => Some("answer in time"),
            },
        };
        Ok(match missing {
            None => status(StatusCode::OK, "ready", None),
            missing => status(StatusCode::SERVICE_UNAVAILABLE, "unready", missing),
        })
    }
}

/// `/metrics`, in the text format of Prometheus.
pub(super) struct Metrics<E>(pub Arc<Edge<E>>);

impl<E: Executor> Endpoint for Metrics<E> {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        match &self.0.metrics {
            Some(metrics) => Ok(Response::builder()
                .header(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                .body(metrics.render())),
            None => Err(StatusCode::NOT_FOUND.into()),
        }
    }
}
