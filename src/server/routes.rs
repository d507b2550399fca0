//! The paths, and what every request passes on its way to them.

use std::sync::Arc;

use async_graphql::Executor;
use poem::{Endpoint, EndpointExt, Response, Route, get};

use super::graphql_http::Graphql;
use super::health::{Healthz, Metrics, Readyz};
use super::middleware::catch_panic::CatchPanic;
use super::middleware::hosts::Hosts;
use super::middleware::measure::Measure;
use super::middleware::request_id::RequestIds;
use super::middleware::security_headers::SecurityHeaders;
use super::{Edge, playground};

/// The whole site. `own` holds further paths of the caller's, which pass the same middleware; none may be one of the edge's.
pub fn routes<E: Executor>(edge: Arc<Edge<E>>, own: Route) -> impl Endpoint<Output = Response> + use<E> {
    let hosts = Hosts(edge.config.hosts.clone());
    own.at("/graphql", Graphql(edge.clone()))
        .at("/", get(playground::Page))
        .at("/playground/:file", get(playground::File))
        .at("/healthz", get(Healthz))
        .at("/readyz", get(Readyz(edge.clone())))
        .at("/metrics", get(Metrics(edge)))
        .with(hosts)
        .with(CatchPanic)
        .with(Measure)
        .with(SecurityHeaders)
        .with(RequestIds)
}
