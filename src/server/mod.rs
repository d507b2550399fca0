//! The edge: everything between a socket and the GraphQL executor, and nothing that knows a domain.
//!
//! ```text
//! run (sockets, deadlines, shutdown)
//!   └ routes ─ middleware: request id → headers → metrics → panics
//!       ├ /graphql  graphql_http: origin → media types → body → Checked → Contexts → execute → answer
//!       │           graphql_ws:   the same per operation, over graphql-transport-ws
//!       ├ /access/v1/…  authzen: decisions for third-party services, in the words of a standard
//!       ├ /         playground
//!       └ /healthz /readyz /metrics
//! ```
//!
//! The edge knows the rest of Kith by three traits only: an [`async_graphql::Executor`] that answers, [`Contexts`] that turns a
//! request's [`RequestMeta`] into what resolvers find in their context (or refuses it), and [`Readiness`].
//!
//! Rules that hold everywhere here:
//! - Nothing is executed that is not [`Checked`](crate::graphql::limits::Checked).
//! - A mutation runs in a spawned, tracked task: a client that goes away does not cut it in half (h13). A query may be cancelled.
//! - What the edge says itself is GraphQL-shaped JSON with a stable code and the request id ([`Refusal`]).
//! - Query text, variables and tokens never reach a log line.

mod access;
mod answer;
pub mod authzen;
mod config;
mod connection;
mod contexts;
pub mod cors;
mod edge;
mod execute;
mod graphql_http;
mod graphql_ws;
mod health;
mod incoming;
mod meta;
pub mod middleware;
mod multipart;
mod negotiate;
mod persisted;
mod playground;
pub mod recheck;
mod refusal;
mod routes;
mod run;
pub mod schema;
pub mod sessions;
mod shutdown;
mod validated;

pub use config::EdgeConfig;
pub use contexts::{Contexts, EndOperation, Readiness, RequestMeta, Transport};
pub use edge::Edge;
pub use persisted::PersistedQueries;
pub use refusal::Refusal;
pub use routes::routes;
pub use run::{Ended, run};
pub use shutdown::Shutdown;
pub use validated::Validated;
