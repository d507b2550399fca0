//! GraphQL over HTTP, to the letter: <https://graphql.github.io/graphql-over-http/draft/>. The npm package `graphql-http` audits it
//! (`tests/audit`).

use std::sync::Arc;
use std::time::Instant;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request as GraphqlRequest};
use poem::http::header::UPGRADE;
use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response};
use uuid::Uuid;

use super::access::Record;
use super::answer::{self, Answer};
use super::incoming::{self, Incoming};
use super::middleware::request_id;
use super::negotiate::{self, Media};
use super::{Edge, Refusal, RequestMeta, Transport, cors, execute, graphql_ws, meta, multipart, persisted};
use crate::kernel::Locale;

/// `/graphql`: POST, GET, OPTIONS, and the way to WebSocket.
pub(super) struct Graphql<E>(pub Arc<Edge<E>>);

const MUTATION_BY_GET: Refusal = Refusal::method(
    "POST",
    "Mutations are sent by POST: a GET must not change anything.",
    "变更操作必须使用 POST：GET 不得产生任何更改。",
);
const SUBSCRIPTION: Refusal = Refusal::bad_request(
    "Subscriptions run over WebSocket (graphql-transport-ws), at this same path.",
    "订阅须通过 WebSocket（graphql-transport-ws）在同一路径上进行。",
);
const METHODS: Refusal = Refusal::method(
    "GET, POST, OPTIONS",
    "Send the query by POST, or by GET if it only reads.",
    "请使用 POST 发送请求；只读查询也可使用 GET。",
);
const BAD_QUERY_STRING: Refusal =
    Refusal::bad_request("The parameters of the URL cannot be read.", "无法解析 URL 参数。");

impl<E: Executor> Endpoint for Graphql<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let id = request_id::of(&request);
        let locale = meta::locale(request.headers());
        let media = negotiate::accept(request.headers());
        let known = *media.as_ref().unwrap_or(&Media::Json);
        let origin = match cors::judge(&self.0.config, &request) {
            Ok(origin) => origin,
            Err(refusal) => return Ok(self.refuse(&mut request, id, locale, known, &refusal)),
        };
        let mut response = if request.method() == Method::OPTIONS {
            cors::preflight()
        } else if wants_websocket(&request) {
            match graphql_ws::upgrade(&self.0, &request, id, locale).await {
                Ok(response) => response,
                Err(refusal) => self.refuse(&mut request, id, locale, known, &refusal),
            }
        } else {
            match media {
                Ok(media) => self.answer(request, id, locale, media).await,
                Err(refusal) => self.refuse(&mut request, id, locale, known, &refusal),
            }
        };
        if let Some(origin) = origin {
            cors::allow(&mut response, origin);
        }
        Ok(response)
    }
}

/// `Upgrade: h2c`, which curl sends, is none and is passed over.
fn wants_websocket(request: &Request) -> bool {
    let upgrade = request.headers().get(UPGRADE);
    request.method() == Method::GET && upgrade.is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

impl<E: Executor> Graphql<E> {
    fn meta(&self, request: &Request, id: Uuid, locale: Locale) -> RequestMeta {
        meta::meta(&self.0.config, request, id, locale, Transport::Http)
    }

    /// Refuses a request whose body was not read.
    fn refuse(&self, request: &mut Request, id: Uuid, locale: Locale, media: Media, refusal: &Refusal) -> Response {
        incoming::pass_over(request);
        Record::new(&self.meta(request, id, locale), Instant::now()).refused(refusal);
        answer::refuse(refusal, media, locale, id)
    }

    async fn answer(&self, mut request: Request, id: Uuid, locale: Locale, media: Media) -> Response {
        let started = Instant::now();
        let meta = self.meta(&request, id, locale);
        let incoming = match self.incoming(&mut request).await {
            Ok(incoming) => incoming,
            Err(refusal) => return self.refuse(&mut request, id, locale, media, &refusal),
        };
        let get = request.method() == Method::GET;
        match incoming {
            Incoming::Single(request) => match self.one(request, meta, started, get).await {
                Ok(answer) => answer.http(media),
                Err(refusal) => answer::refuse(&refusal, media, locale, id),
            },
            Incoming::Batch(requests) => {
                // One after the other, so that a batch weighs on the server no more than one request at a time.
                let mut answers = Vec::with_capacity(requests.len());
                for request in requests {
                    let answer = self.one(request, meta.clone(), Instant::now(), get).await;
                    answers.push(answer.unwrap_or_else(|refusal| Answer::refused(&refusal, locale, id)));
                }
                answer::json(StatusCode::OK, media, &answers)
            }
        }
    }

    async fn incoming(&self, request: &mut Request) -> Result<Incoming, Refusal> {
        let config = &self.0.config;
        match *request.method() {
            Method::GET => {
                let parameters = request.params().map_err(|_| BAD_QUERY_STRING)?;
                incoming::query(parameters).map(Incoming::Single)
            }
            Method::POST => {
                if let Some(boundary) = multipart::boundary(request.headers()) {
                    let body = request.take_body();
                    return multipart::request(body, boundary, config).await.map(Incoming::Single);
                }
                negotiate::content(request.headers())?;
                let body = request.take_body();
                incoming::body(request.headers(), body, config.body_limit, config.body_timeout, config.batch).await
            }
            _ => Err(METHODS),
        }
    }

    async fn one(
        &self,
        request: GraphqlRequest,
        meta: RequestMeta,
        started: Instant,
        get: bool,
    ) -> Result<Answer, Refusal> {
        let mut record = Record::new(&meta, started);
        let result = self.run(request, meta, get, &mut record).await;
        match &result {
            Ok(answer) => record.answered(answer.ran, answer.outcome()),
            Err(refusal) => record.refused(refusal),
        }
        result
    }

    async fn run(
        &self,
        mut request: GraphqlRequest,
        meta: RequestMeta,
        get: bool,
        record: &mut Record,
    ) -> Result<Answer, Refusal> {
        if request.query.is_empty() {
            persisted::resolve(&mut request, self.0.persisted.as_deref())?;
        }
        let checked = self.0.check.check(request)?;
        record.is(&checked);
        match checked.operation() {
            OperationType::Mutation if get => Err(MUTATION_BY_GET),
            OperationType::Subscription => Err(SUBSCRIPTION),
            _ => execute::perform(&self.0, checked, meta).await,
        }
    }
}
