//! The payer's live spending: every purchase of a relation as it is made, how it ended and what comes back of it, in order and
//! without gaps, on every replica (requirement 0.7).
//!
//! The database marks each use with the transaction that changed it last. A listener ([`crate::graphql::live`]) reads what was changed
//! behind the last change that it read, some times a second, and nothing that an open transaction could still come before; of a use
//! that changed twice in between it is told the last.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Error, ID, Subscription};
use futures_util::{Stream, StreamExt};
use kith_macros::guarded;

use super::graphql::IntimatePurchase;
use super::model::IntimateUse;
use super::store;
use crate::db::Db;
use crate::domains::intimate_pay::own_account;
use crate::domains::intimate_pay::relations::store as relations;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::to_client;
use crate::graphql::ids;
use crate::graphql::live::{self, Followed};
use crate::graphql::recheck::{self, SharedRecheck, by_itself, still_own};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, IntimatePayId};

/// How often to look.
const POLL: Duration = Duration::from_millis(250);
/// How often to ask whether the session still stands, while there is nothing new.
const RECHECK: Duration = Duration::from_secs(1);
/// Purchases that are read ahead.
const PAGE: i64 = 20;

/// A payer's relations, live.
#[derive(Default)]
pub struct SpendingSubscription;

#[guarded]
#[Subscription]
impl SpendingSubscription {
    /// Every purchase that is made with a relation of which you are the payer, from the moment of subscribing; again when its
    /// payment ended, and when money of it came back. It ends as soon as the session does.
    #[requires(account)]
    async fn intimate_spending(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The relation.")] intimate_pay_id: ID,
    ) -> Result<impl Stream<Item = Result<IntimatePurchase, Error>>, Error> {
        let request = Arc::clone(RequestContext::of(ctx)?);
        let spending = spending(ctx, &request, &intimate_pay_id).await.map_err(|fault| to_client(fault, &request))?;
        let purchases = live::follow(spending, RECHECK);
        Ok(purchases.map(move |used| used.map(IntimatePurchase).map_err(|fault| to_client(fault, &request))))
    }
}

/// What is spent with one relation.
struct Spending {
    db: Db,
    payer: AccountId,
    relation: IntimatePayId,
    recheck: SharedRecheck,
    /// The place of the last change that was read.
    last: (i64, i64),
}

async fn spending(ctx: &Context<'_>, request: &RequestContext, relation: &ID) -> Result<Spending, Fault> {
    let (payer, relation) = (own_account(request)?, ids::parse(relation, "intimate pay")?);
    let last = {
        let mut conn = request.conn().await?;
        let found = relations::get(&mut conn, payer, relation).await?;
        found.filter(|found| found.payer_account_id == payer).ok_or(Fault::NotFound { what: "intimate pay" })?;
        store::now(&mut conn).await?
    };
    Ok(Spending { db: request.db().clone(), payer, relation, recheck: recheck::of(ctx)?, last })
}

impl Followed for Spending {
    type Row = IntimateUse;

    async fn read_on(&mut self) -> Result<Vec<IntimateUse>, Fault> {
        let (db, of, last) = (self.db.clone(), (self.payer, self.relation), self.last);
        let rows = by_itself(async move {
            let mut conn = db.get().await?;
            Ok(store::changed_after(&mut conn, of, last, PAGE).await?)
        })
        .await?;
        self.last = rows.last().map_or(self.last, |used| (used.changed, used.seq));
        Ok(rows)
    }

    /// There is no head to look at: what may be told depends on what other transactions are open.
    async fn more(&mut self) {
        tokio::time::sleep(POLL).await;
    }

    async fn still_allowed(&mut self) -> Result<(), Fault> {
        still_own(&self.recheck, self.payer).await
    }
}
