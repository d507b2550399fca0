//! Queries that the client names by their SHA-256 instead of sending them.

use std::sync::Arc;

use async_graphql::{Request, Value};

use super::Refusal;
use poem::http::StatusCode;

/// Known documents.
pub trait PersistedQueries: Send + Sync + 'static {
    /// The text with this SHA-256 (lower-case hex).
    fn text(&self, sha256: &str) -> Option<Arc<str>>;
}

const UNKNOWN: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "PERSISTED_QUERY_NOT_FOUND",
    "The server knows no document of this hash. Send the query itself.",
    "服务器没有该哈希对应的文档。请直接发送查询。",
);

/// Puts the text in the place of its hash, before anything is checked: a persisted query has to keep the limits too.
pub(super) fn resolve(request: &mut Request, known: Option<&dyn PersistedQueries>) -> Result<(), Refusal> {
    let hash = match request.extensions.get("persistedQuery") {
        Some(Value::Object(persisted)) => match persisted.get("sha256Hash") {
            Some(Value::String(hash)) if hash.len() == 64 => hash,
            _ => return Err(UNKNOWN),
        },
        _ => {
            return Err(Refusal::bad_request(
                "`query` is missing. Send the GraphQL text in it, as a string.",
                "缺少 `query`。请以字符串形式提供 GraphQL 文本。",
            ));
        }
    };
    request.query = known.and_then(|known| known.text(hash)).ok_or(UNKNOWN)?.to_string();
    Ok(())
}
