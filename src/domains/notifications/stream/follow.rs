//! One listener: what it delivered last, what it has read ahead, and whether it still may.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;

use super::super::store::{self, Notification};
use super::Inboxes;
use crate::graphql::recheck::{SESSION_ENDED, SharedRecheck, by_itself};
use crate::kernel::fault::Denial;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Subject};

/// Messages that a listener reads ahead. They are all that is kept for it.
const PAGE: i64 = 20;

/// Follows the inbox of one account.
pub struct Follower {
    inboxes: Arc<Inboxes>,
    account: AccountId,
    recheck: SharedRecheck,
    heads: watch::Receiver<i64>,
    /// The number of the last message that was read.
    last: i64,
    ahead: VecDeque<Notification>,
}

impl Follower {
    /// Begins behind the newest message there is.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn begin(inboxes: &Arc<Inboxes>, account: AccountId, recheck: SharedRecheck) -> Result<Self, Fault> {
        let heads = inboxes.listen(account);
        let inboxes = Arc::clone(inboxes);
        let asked = Arc::clone(&inboxes);
        let now = by_itself(async move { asked.heads(&[account]).await }).await?;
        let last = now.first().map_or(0, |(_, head)| *head);
        Ok(Self { inboxes, account, recheck, heads, last, ahead: VecDeque::new() })
    }

    /// The messages, one by one; after a fault comes nothing more.
    pub fn messages(self) -> impl Stream<Item = Result<Notification, Fault>> {
        unfold(Some(self), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(row) => Some((Ok(row), Some(follower))),
                Err(fault) => Some((Err(fault), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Notification, Fault> {
        let recheck = Duration::from_millis(self.inboxes.settings.recheck_interval_ms);
        loop {
            if let Some(row) = self.ahead.pop_front() {
                // After it was read and before it leaves: what comes once the session is over is not shown in it (h17, h20).
                self.still_allowed().await?;
                return Ok(row);
            }
            if *self.heads.borrow_and_update() > self.last {
                self.read_on().await?;
                continue;
            }
            tokio::select! {
                changed = self.heads.changed() => if changed.is_err() {
                    self.heads = self.inboxes.listen(self.account);
                },
                () = tokio::time::sleep(recheck) => self.still_allowed().await?,
            }
        }
    }

    async fn read_on(&mut self) -> Result<(), Fault> {
        let (db, account, last) = (self.inboxes.db.clone(), self.account, self.last);
        let rows = by_itself(async move {
            let mut conn = db.get().await?;
            Ok(store::behind(&mut conn, account, last, PAGE).await?)
        })
        .await?;
        // The head moves with the message, so there is one; should it be gone already, wait for the next.
        self.last = rows.last().and_then(|row| row.seq).unwrap_or_else(|| *self.heads.borrow());
        self.ahead.extend(rows);
        Ok(())
    }

    async fn still_allowed(&self) -> Result<(), Fault> {
        let recheck = Arc::clone(&self.recheck);
        match by_itself(async move { recheck.actor().await }).await {
            Ok(actor) if actor.subject == (Subject::Account { id: self.account }) => Ok(()),
            Ok(_) | Err(Fault::Unauthenticated) => Err(ended()),
            Err(fault) => Err(fault),
        }
    }
}

fn ended() -> Fault {
    let message = Some(SESSION_ENDED.clone());
    Fault::Denied(Box::new(Denial { reason: "SESSION_ENDED", message, ..Denial::default() }))
}
