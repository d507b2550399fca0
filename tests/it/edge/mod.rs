//! The edge over real sockets, around a small schema of its own.
//!
//! | file | what |
//! |---|---|
//! | `audit` | the public audits, run by node |
//! | `authzen` | the AuthZEN Authorization API, against the standard's own examples |
//! | `schema` | queries, mutations and subscriptions that are slow, panic, count or never end |
//! | `http` | GraphQL over HTTP |
//! | `origin` | who may call: origins, hosts, media types (h26) |
//! | `costs` | h24, h25: what is refused before it costs anything |
//! | `faults` | panics, deadlines, clients that go away (h13, h30) |
//! | `sockets` | h27: slow and idle connections |
//! | `ws`, `ws_load` | graphql-transport-ws (h28) |
//! | `uploads` | files with a request (h31) |
//! | `ending` | h37: shutdown |
//! | `known` | documents that were validated before |
//! | `real` | bad input to the program as it is shipped |
//! | `seen` | what operators see: metrics, log lines, health, the playground |

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod audit;
mod authzen;
mod costs;
mod ending;
mod faults;
mod http;
mod known;
mod origin;
mod real;
mod schema;
mod seen;
mod sockets;
mod uploads;
mod ws;
mod ws_load;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kith::graphql::limits::{Check, Limits, Sizes};
use kith::server::{Edge, EdgeConfig, Ended, PersistedQueries, Readiness, routes, run};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use schema::{Callers, State, TestSchema};

/// Long enough for anything on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a port of its own.
pub struct Server {
    pub address: SocketAddr,
    pub client: Client,
    pub state: Arc<State>,
    pub edge: Arc<Edge<TestSchema>>,
    pub task: JoinHandle<Ended>,
}

/// What a test may want different.
#[derive(Default)]
pub struct Options {
    pub config: EdgeConfig,
    pub limits: Limits,
    pub persisted: Option<Arc<dyn PersistedQueries>>,
    pub readiness: Option<Arc<dyn Readiness>>,
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

/// A configuration with short farewells.
pub fn config() -> EdgeConfig {
    EdgeConfig { drain_delay: Duration::ZERO, ..EdgeConfig::default() }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Options { config: config(), ..Options::default() }).await
    }

    pub async fn configured(change: impl FnOnce(&mut EdgeConfig)) -> Self {
        let mut config = config();
        change(&mut config);
        Self::with(Options { config, ..Options::default() }).await
    }

    pub async fn with(options: Options) -> Self {
        let state = Arc::new(State::default());
        let schema = schema::build(state.clone());
        let check = Check::new(options.limits, Sizes::from_sdl(&schema.sdl()).unwrap());
        let mut edge = Edge::new(schema, Arc::new(Callers(state.clone())), check, options.config);
        if let Some(persisted) = options.persisted {
            edge = edge.with_persisted_queries(persisted);
        }
        if let Some(readiness) = options.readiness {
            edge = edge.with_readiness(readiness);
        }
        if let Some(metrics) = options.metrics {
            edge = edge.with_metrics(metrics);
        }
        let edge = Arc::new(edge);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = routes(edge.clone(), poem::Route::new());
        let running = edge.clone();
        let task = tokio::spawn(async move { run(listener, running, site).await.unwrap() });
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        Self { address, client, state, edge, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn post(&self, body: &Value) -> RequestBuilder {
        self.client.post(self.url("/graphql")).json(body)
    }

    /// A POST that accepts the new media type.
    pub async fn query(&self, query: &str) -> (u16, Value) {
        answer(self.post(&json!({ "query": query })).header("accept", NEW)).await
    }

    pub async fn get(&self, query: &str) -> (u16, Value) {
        answer(self.by_get(&[("query", query)]).header("accept", NEW)).await
    }

    /// A GET with these parameters.
    pub fn by_get(&self, parameters: &[(&str, &str)]) -> RequestBuilder {
        self.client.get(reqwest::Url::parse_with_params(&self.url("/graphql"), parameters).unwrap())
    }

    pub async fn socket(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The server answers, whatever was done to it before.
    pub async fn lives(&self) {
        assert_eq!(self.query("{ hello }").await.1["data"], json!({ "hello": "hello" }));
    }
}

pub const NEW: &str = "application/graphql-response+json";

pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// The code of the first error.
pub fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code in {body}"))
}

/// Waits until something holds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("never: {what}"));
}
