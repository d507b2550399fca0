//! `endIntimatePay`: either side ends it, at any time; what is under way settles (requirement 0.14). It ends with its family link as
//! well. What the payer was asked lapses with it, and both sides are told, as when nobody answers in time (requirement 0.12).

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::json;

use super::super::model::IntimatePay;
use super::super::refusal::RelationRefusal;
use super::super::store;
use super::{Changed, lock};
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::requests::ops::lapse::told;
use crate::domains::intimate_pay::requests::store as requests;
use crate::domains::intimate_pay::{entry, events, tell};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, FamilyLinkId, IntimatePayId};

/// Ends a relation.
#[derive(Debug, Serialize)]
pub struct EndIntimatePay {
    /// The relation.
    pub relation: IntimatePayId,
}

impl Command for EndIntimatePay {
    const NAME: &'static str = "endIntimatePay";
    /// Whoever has something to confirm may still stop what goes on with their money.
    const WHILE_RESTRICTED: bool = true;
    type Output = Changed;
    type Refusal = RelationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<RelationRefusal>> {
        let (by, relation) = lock(tx, self.relation).await?;
        end(tx, &relation, by).await?;
        tx.record(entry(by, relation.id, json!({})));
        Ok(Changed { relation: relation.id })
    }
}

/// Ends what stands on a family link that ends: the part [`crate::domains::family::ending::EndsWithLink`].
pub fn with_link<'a>(tx: &'a mut Tx<'_>, link: FamilyLinkId, by: AccountId) -> BoxFuture<'a, Result<(), Fault>> {
    async move {
        for relation in store::lock_on_link(tx.conn, link).await? {
            end(tx, &relation, by).await?;
        }
        Ok(())
    }
    .boxed()
}

/// Ends a relation that is locked. Its requests lapse first, so that each is told once: the trigger of the end finds none.
async fn end<E>(tx: &mut Tx<'_>, relation: &IntimatePay, by: AccountId) -> Result<(), Fault<E>> {
    let of = (relation.payer_account_id, relation.id);
    for request in requests::lapse_of_relation(tx.conn, of, tx.now).await? {
        tx.emit(told(&request));
    }
    store::end(tx.conn, relation, by, tx.now).await?;
    tx.emit(tell(events::ENDED, &relation.sides(), json!({ "relation": relation.id })));
    Ok(())
}
