//! The AuthZEN Authorization API 1.0 (OpenID): how a third-party service asks Kith whether somebody may do something, in the
//! words of a standard. The same decisions as the GraphQL query `authorize`.
//!
//! | path | what |
//! |---|---|
//! | `POST /access/v1/evaluation` | one question |
//! | `POST /access/v1/evaluations` | many, with defaults and three ways to stop |
//! | `GET /.well-known/authzen-configuration` | where these are |
//!
//! How Kith reads it: `subject` is a sub-account (`{"type": "sub_account", "id": "sub_…"}`; `user` means the same), `action.name`
//! a permission code, `resource` whatever the service calls it (`shop` must be the subject's). `context.amount` is how much
//! it would move; the other members of `context`, and the properties of action and resource, go to the service's plugin.
//!
//! `context.use: true` (on `/evaluation` only) says that the service goes ahead if it may: the use is counted, and `X-Request-ID`
//! is its idempotency key. Without it nothing is used up.
//!
//! A decision is always status 200. An error is a status and a message: 400 for what is no question, 401 without a token
//! that counts, 403 for who cannot ask at all, 405, 413, 415. Of many questions a malformed one is answered in its own place with
//! `decision: false` and the error in its `context`, as the standard has it, and spoils no other.

mod endpoint;
pub mod read;
mod write;

use std::sync::Arc;

use poem::Route;

pub use endpoint::{Configuration, Evaluate};

use super::EdgeConfig;
use super::sessions::Sessions;

/// Adds the endpoints to the paths that are not the edge's own.
#[must_use]
pub fn routes(own: Route, sessions: &Arc<Sessions>, config: &EdgeConfig) -> Route {
    let evaluate = |many| Evaluate { sessions: Arc::clone(sessions), config: config.clone(), many };
    own.at("/access/v1/evaluation", evaluate(false))
        .at("/access/v1/evaluations", evaluate(true))
        .at("/.well-known/authzen-configuration", Configuration)
}
