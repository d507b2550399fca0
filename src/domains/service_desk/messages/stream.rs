//! New messages of conversations as they come, on every replica ([`crate::graphql::live`]).

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::config;
use crate::db::Db;
use crate::domains::service_desk::conversations::store;
use crate::graphql::live::Heads;
use crate::kernel::ids::ConversationId;

/// The conversations of this process that somebody listens to. One for the process, in the data of the schema.
pub struct Chats {
    /// How often to ask whether a listener still may.
    pub(super) settings: config::Desk,
    pub(super) heads: Arc<Heads<ConversationId>>,
}

impl Chats {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(db: Db, settings: config::Desk) -> Arc<Self> {
        let heads = Heads::new(db, heads, settings.poll_interval_ms);
        Arc::new(Self { settings, heads })
    }
}

/// How many messages conversations have.
fn heads<'a>(
    conn: &'a mut AsyncPgConnection,
    ids: &'a [ConversationId],
) -> BoxFuture<'a, Result<Vec<(ConversationId, i64)>, diesel::result::Error>> {
    store::heads(conn, ids).boxed()
}
