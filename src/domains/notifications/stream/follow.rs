//! One listener: what it has read, and whether it still may.

use std::time::Duration;

use futures_util::Stream;

use super::super::store::{self, Notification};
use super::Inboxes;
use crate::db::Db;
use crate::graphql::live::{self, Followed, Head};
use crate::graphql::recheck::{SharedRecheck, by_itself, still_own};
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Messages that a listener reads ahead.
const PAGE: i64 = 20;

/// Follows the inbox of one account.
pub struct Follower {
    db: Db,
    account: AccountId,
    recheck: SharedRecheck,
    recheck_every: Duration,
    head: Head<AccountId>,
    /// The number of the last message that was read.
    last: i64,
}

impl Follower {
    /// Begins behind the newest message there is.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn begin(inboxes: &Inboxes, account: AccountId, recheck: SharedRecheck) -> Result<Self, Fault> {
        let head = inboxes.heads.listen(account);
        let last = head.read().await?;
        let recheck_every = Duration::from_millis(inboxes.settings.recheck_interval_ms);
        Ok(Self { db: inboxes.db.clone(), account, recheck, recheck_every, head, last })
    }

    /// The messages, one by one; after a fault comes nothing more.
    pub fn messages(self) -> impl Stream<Item = Result<Notification, Fault>> + Send {
        let every = self.recheck_every;
        live::follow(self, every)
    }
}

impl Followed for Follower {
    type Row = Notification;

    async fn read_on(&mut self) -> Result<Vec<Notification>, Fault> {
        if self.head.told() <= self.last {
            return Ok(Vec::new());
        }
        let (db, account, last) = (self.db.clone(), self.account, self.last);
        let rows = by_itself(async move {
            let mut conn = db.get().await?;
            Ok(store::behind(&mut conn, account, last, PAGE).await?)
        })
        .await?;
        // The head moves with the message, so there is one; should it be gone already, wait for the next.
        self.last = rows.last().and_then(|row| row.seq).unwrap_or_else(|| self.head.told());
        Ok(rows)
    }

    async fn more(&mut self) {
        self.head.beyond(self.last).await;
    }

    async fn still_allowed(&mut self) -> Result<(), Fault> {
        still_own(&self.recheck, self.account).await
    }
}
