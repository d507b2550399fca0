//! New messages of inboxes as they come, on every replica ([`crate::graphql::live`]).

pub mod follow;
pub mod graphql;

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::store;
use crate::config;
use crate::db::Db;
use crate::graphql::live::Heads;
use crate::kernel::ids::AccountId;

/// The inboxes of this process that somebody listens to. One for the process, in the data of the schema.
pub struct Inboxes {
    db: Db,
    settings: config::Notifications,
    heads: Arc<Heads<AccountId>>,
}

impl Inboxes {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(db: Db, settings: config::Notifications) -> Arc<Self> {
        let heads = Heads::new(db.clone(), heads, settings.poll_interval_ms);
        Arc::new(Self { db, settings, heads })
    }

    /// How many inboxes are being looked at.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.heads.watched()
    }
}

fn heads<'a>(
    conn: &'a mut AsyncPgConnection,
    accounts: &'a [AccountId],
) -> BoxFuture<'a, Result<Vec<(AccountId, i64)>, diesel::result::Error>> {
    store::heads(conn, accounts).boxed()
}
