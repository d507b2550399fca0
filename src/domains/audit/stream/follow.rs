//! One listener: what it delivered last, what it has read ahead, and whether it still may.

use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;

use super::super::model::{READ, READ_EVERY, Readable};
use super::super::store;
use super::Streams;
use crate::command::audit::Row;
use crate::db::Db;
use crate::graphql::live::{self, Followed, Head};
use crate::graphql::recheck::{SESSION_ENDED, SharedRecheck, by_itself};
use crate::kernel::clock::SharedClock;
use crate::kernel::fault::Denial;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Text};
use crate::permissions::arbiter::Ask;
use crate::permissions::{Actor, catalogue};

/// Entries that a listener reads ahead.
const PAGE: i64 = 20;

/// Follows the trail of one shop.
pub struct Follower {
    db: Db,
    chain: Readable,
    shop: ShopId,
    recheck: SharedRecheck,
    recheck_every: Duration,
    clock: SharedClock,
    head: Head<Readable>,
    /// The place of the last entry that was read.
    last: i64,
    /// The generation of plugins that was asked last whether they have something against it.
    asked: Option<u64>,
}

impl Follower {
    /// Begins behind the newest entry there is.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn begin(
        streams: &Streams,
        chain: Readable,
        shop: ShopId,
        recheck: SharedRecheck,
        clock: SharedClock,
    ) -> Result<Self, Fault> {
        let head = streams.heads.listen(chain);
        let last = head.read().await?;
        let recheck_every = Duration::from_millis(streams.settings.recheck_interval_ms);
        Ok(Self { db: streams.db.clone(), chain, shop, recheck, recheck_every, clock, head, last, asked: None })
    }

    /// The entries, one by one; after a fault comes nothing more.
    pub fn entries(self) -> impl Stream<Item = Result<Row, Fault>> + Send {
        let every = self.recheck_every;
        live::follow(self, every)
    }
}

impl Followed for Follower {
    type Row = Row;

    async fn read_on(&mut self) -> Result<Vec<Row>, Fault> {
        if self.head.told() <= self.last {
            return Ok(Vec::new());
        }
        let (db, chain, last) = (self.db.clone(), self.chain, self.last);
        let rows = by_itself(async move {
            let mut conn = db.get().await?;
            Ok(store::after(&mut conn, chain, last, PAGE).await?)
        })
        .await?;
        // The head moves with the entry, so there is one; should there be none, wait for the next.
        self.last = rows.last().map_or_else(|| self.head.told(), |row| row.seq);
        Ok(rows)
    }

    async fn more(&mut self) {
        self.head.beyond(self.last).await;
    }

    async fn still_allowed(&mut self) -> Result<(), Fault> {
        let recheck = Arc::clone(&self.recheck);
        match by_itself(async move { recheck.actor().await }).await {
            Ok(actor) if self.may_read(&actor) => self.advised(&actor).await,
            Ok(_) => Err(ended("PERMISSION_ENDED", &PERMISSION_ENDED)),
            Err(Fault::Unauthenticated) => Err(ended("SESSION_ENDED", &SESSION_ENDED)),
            Err(fault) => Err(fault),
        }
    }
}

impl Follower {
    /// Asks the advisers of each generation once: the guard asked those of the moment of subscribing.
    async fn advised(&mut self, actor: &Actor) -> Result<(), Fault> {
        let generation = actor.arbiter.generation();
        if self.asked.replace(generation) == Some(generation) || !actor.arbiter.concerns(READ) {
            return Ok(());
        }
        // The platform's own right is nobody's to narrow.
        let Some(seat) = actor.seat(self.shop).filter(|_| !actor.platform.has(READ_EVERY)) else { return Ok(()) };
        let mut ask = Ask::of(actor, seat, READ, None, self.clock.now());
        ask.field = ("Subscription".to_owned(), "auditEntryAdded".to_owned());
        let ruling = actor.arbiter.rule_one(ask).await;
        let denial = ruling.and_then(|ruling| ruling.denial_of_nothing(seat));
        denial.map_or(Ok(()), |denial| Err(Fault::Denied(Box::new(denial))))
    }

    fn may_read(&self, actor: &Actor) -> bool {
        let in_shop = || actor.seat(self.shop).is_some_and(|seat| seat.holds(READ, self.clock.now()));
        actor.platform.has(READ_EVERY) || in_shop()
    }
}

fn ended(reason: &'static str, message: &Text) -> Fault {
    Fault::Denied(Box::new(Denial {
        reason,
        permission: catalogue::code(READ).to_owned(),
        message: Some(message.clone()),
        ..Denial::default()
    }))
}

const PERMISSION_ENDED: Text = Text::new(
    "You may no longer read the audit trail of this shop, so this subscription has ended.",
    "您已无权查看该店铺的操作日志,订阅已结束。",
);
