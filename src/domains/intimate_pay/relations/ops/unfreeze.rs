//! `unfreezeIntimatePay`: the payer lets a frozen relation go on, which closes its cases.

use serde::Serialize;
use serde_json::json;

use super::super::cases;
use super::super::model::State;
use super::super::refusal::RelationRefusal;
use super::super::store;
use super::{Changed, lock_of_payer, stepped_up};
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::{entry, events, tell};
use crate::kernel::Fault;
use crate::kernel::ids::IntimatePayId;

/// Lets a relation go on.
#[derive(Debug, Serialize)]
pub struct UnfreezeIntimatePay {
    /// The relation.
    pub relation: IntimatePayId,
}

impl Command for UnfreezeIntimatePay {
    const NAME: &'static str = "unfreezeIntimatePay";
    type Output = Changed;
    type Refusal = RelationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<RelationRefusal>> {
        let relation = lock_of_payer(tx, self.relation).await?;
        if relation.state() != State::Frozen {
            return Err(Fault::Refused(RelationRefusal::NotFrozen));
        }
        stepped_up(tx).await?;
        store::freeze(tx.conn, &relation, None).await?;
        let closed = cases::close(tx.conn, &relation, tx.now).await?;
        tx.record(entry(relation.payer_account_id, relation.id, json!({ "casesClosed": closed })));
        tx.emit(tell(events::UNFROZEN, &relation.sides(), json!({ "relation": relation.id })));
        Ok(Changed { relation: relation.id })
    }
}
