//! The payer's live spending: every purchase of a relation as it is made, in order and without gaps, on every replica.
//!
//! Uses of a relation are numbered under its lock, so the next number is never skipped and never comes late. A listener reads
//! what stands behind the last one that it delivered, some times a second; nothing is buffered for it but one page.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Error, ID, Subscription};
use futures_util::Stream;
use futures_util::stream::unfold;
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
use crate::graphql::recheck::{SESSION_ENDED, SharedRecheck, by_itself};
use crate::kernel::fault::Denial;
use crate::kernel::ids::{AccountId, IntimatePayId};
use crate::kernel::{Fault, Subject};

/// How often to look.
const POLL: Duration = Duration::from_millis(250);
/// Looks between two questions whether the session still stands.
const RECHECK_EVERY: u32 = 4;
/// Purchases that are read ahead.
const PAGE: i64 = 20;

/// A payer's relations, live.
#[derive(Default)]
pub struct SpendingSubscription;

#[guarded]
#[Subscription]
impl SpendingSubscription {
    /// Every purchase that is made with a relation of which you are the payer, from the moment of subscribing. It ends as soon as
    /// the session does.
    #[requires(account)]
    async fn intimate_spending(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The relation.")] intimate_pay_id: ID,
    ) -> Result<impl Stream<Item = Result<IntimatePurchase, Error>>, Error> {
        let request = Arc::clone(RequestContext::of(ctx)?);
        let follower = follow(ctx, &request, &intimate_pay_id).await.map_err(|fault| to_client(fault, &request))?;
        Ok(unfold(Some(follower), move |follower| {
            let request = Arc::clone(&request);
            async move {
                let mut follower = follower?;
                match follower.next().await {
                    Ok(used) => Some((Ok(IntimatePurchase(used)), Some(follower))),
                    Err(fault) => Some((Err(to_client(fault, &request)), None)),
                }
            }
        }))
    }
}

struct Follower {
    db: Db,
    payer: AccountId,
    relation: IntimatePayId,
    recheck: SharedRecheck,
    last: i64,
    ahead: VecDeque<IntimateUse>,
}

async fn follow(ctx: &Context<'_>, request: &RequestContext, relation: &ID) -> Result<Follower, Fault> {
    let (payer, relation) = (own_account(request)?, ids::parse(relation, "intimate pay")?);
    let found = relations::get(&mut *request.conn().await?, payer, relation).await?;
    let found = found.filter(|found| found.payer_account_id == payer);
    let found = found.ok_or(Fault::NotFound { what: "intimate pay" })?;
    let recheck = ctx.data_opt::<SharedRecheck>().ok_or_else(|| Fault::internal("the operation has no recheck"))?;
    let (db, recheck) = (request.db().clone(), Arc::clone(recheck));
    Ok(Follower { db, payer, relation, recheck, last: found.uses, ahead: VecDeque::new() })
}

impl Follower {
    async fn next(&mut self) -> Result<IntimateUse, Fault> {
        let mut looks = 0;
        loop {
            if let Some(used) = self.ahead.pop_front() {
                // After it was read and before it leaves (h17).
                self.still_allowed().await?;
                self.last = used.seq;
                return Ok(used);
            }
            let (db, of, last) = (self.db.clone(), (self.payer, self.relation), self.last);
            // In a task of its own: a reader that goes away must not keep a connection in the middle of a statement.
            let read = tokio::spawn(async move {
                let mut conn = db.get().await?;
                Ok::<_, Fault>(store::after(&mut conn, of, last, PAGE).await?)
            });
            self.ahead.extend(read.await.map_err(Fault::internal)??);
            if self.ahead.is_empty() {
                tokio::time::sleep(POLL).await;
                looks += 1;
                if looks % RECHECK_EVERY == 0 {
                    self.still_allowed().await?;
                }
            }
        }
    }

    async fn still_allowed(&self) -> Result<(), Fault> {
        let recheck = Arc::clone(&self.recheck);
        let actor = by_itself(async move { recheck.actor().await }).await;
        match actor {
            Ok(actor) if actor.subject == (Subject::Account { id: self.payer }) => Ok(()),
            Ok(_) | Err(Fault::Unauthenticated) => Err(Fault::Denied(Box::new(Denial {
                reason: "SESSION_ENDED",
                message: Some(SESSION_ENDED.clone()),
                ..Denial::default()
            }))),
            Err(fault) => Err(fault),
        }
    }
}
