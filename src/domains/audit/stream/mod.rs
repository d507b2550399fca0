//! New entries of trails as they come, on every replica ([`crate::graphql::live`]).

pub mod follow;
pub mod graphql;

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::model::Readable;
use super::store;
use crate::config;
use crate::db::Db;
use crate::graphql::live::Heads;

/// The chains of this process that somebody listens to. One for the process, in the data of the schema.
pub struct Streams {
    db: Db,
    settings: config::Audit,
    heads: Arc<Heads<Readable>>,
}

impl Streams {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(db: Db, settings: config::Audit) -> Arc<Self> {
        let heads = Heads::new(db.clone(), heads, settings.poll_interval_ms);
        Arc::new(Self { db, settings, heads })
    }

    /// How many chains are being looked at.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.heads.watched()
    }
}

fn heads<'a>(
    conn: &'a mut AsyncPgConnection,
    chains: &'a [Readable],
) -> BoxFuture<'a, Result<Vec<(Readable, i64)>, diesel::result::Error>> {
    store::heads(conn, chains).boxed()
}
