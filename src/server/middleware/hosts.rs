//! Only the configured values of `Host` are answered: against DNS rebinding, where a foreign page's own name is made to lead here.

use poem::http::StatusCode;
use poem::{Endpoint, Middleware, Request, Response};

use super::request_id;
use crate::server::negotiate::Media;
use crate::server::{Refusal, answer, cors, meta};

const MISDIRECTED: Refusal = Refusal::new(
    StatusCode::MISDIRECTED_REQUEST,
    "HOST_REFUSED",
    "The server does not answer to this host name. Use one of those in its configuration.",
    "服务器不响应该主机名。请使用其配置中的主机名。",
);

/// See the module. An empty list lets all pass.
pub struct Hosts(pub Vec<String>);

impl<E: Endpoint> Middleware<E> for Hosts {
    type Output = Hosted<E>;

    fn transform(&self, inner: E) -> Hosted<E> {
        Hosted { inner, hosts: self.0.clone() }
    }
}

/// An endpoint that answers to some hosts only.
pub struct Hosted<E> {
    inner: E,
    hosts: Vec<String>,
}

impl<E: Endpoint> Endpoint for Hosted<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let known = |host: &str| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(without_port(host)));
        if self.hosts.is_empty() || cors::host(&request).is_some_and(known) {
            return self.inner.call(request).await.map(poem::IntoResponse::into_response);
        }
        let (id, locale) = (request_id::of(&request), meta::locale(request.headers()));
        Ok(answer::refuse(&MISDIRECTED, Media::Json, locale, id))
    }
}

/// The name in a `Host`. Its port is not compared: it changes where a port is forwarded, and a rebound name is another name.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}
