//! The payer's live spending: every purchase of a relation as it is made, how it ended and what comes back of it, in order and
//! without gaps, on every replica (requirement 0.7).
//!
//! The database marks each use with the transaction that changed it last. A listener reads what was changed behind the last
//! change that it delivered, some times a second, and nothing that an open transaction could still come before; of a use that
//! changed twice in between it is told the last. Nothing is buffered for it but one page.

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
    /// Every purchase that is made with a relation of which you are the payer, from the moment of subscribing; again when its
    /// payment ended, and when money of it came back. It ends as soon as the session does.
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
    last: (i64, i64),
    ahead: VecDeque<IntimateUse>,
}

async fn follow(ctx: &Context<'_>, request: &RequestContext, relation: &ID) -> Result<Follower, Fault> {
    let (payer, relation) = (own_account(request)?, ids::parse(relation, "intimate pay")?);
    let last = {
        let mut conn = request.conn().await?;
        let found = relations::get(&mut conn, payer, relation).await?;
        found.filter(|found| found.payer_account_id == payer).ok_or(Fault::NotFound { what: "intimate pay" })?;
        store::now(&mut conn).await?
    };
    let recheck = ctx.data_opt::<SharedRecheck>().ok_or_else(|| Fault::internal("the operation has no recheck"))?;
    let (db, recheck) = (request.db().clone(), Arc::clone(recheck));
    Ok(Follower { db, payer, relation, recheck, last, ahead: VecDeque::new() })
}

impl Follower {
    async fn next(&mut self) -> Result<IntimateUse, Fault> {
        let mut looks = 0;
        loop {
            if let Some(used) = self.ahead.pop_front() {
                // After it was read and before it leaves (h17).
                self.still_allowed().await?;
                self.last = (used.changed, used.seq);
                return Ok(used);
            }
            let (db, of, last) = (self.db.clone(), (self.payer, self.relation), self.last);
            let read = async move { Ok(store::changed_after(&mut *db.get().await?, of, last, PAGE).await?) };
            self.ahead.extend(by_itself(read).await?);
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
