//! `endIntimatePay`: either side ends it, at any time; what is under way settles (requirement 0.14).

use serde::Serialize;
use serde_json::json;

use super::super::refusal::RelationRefusal;
use super::super::store;
use super::{Changed, lock};
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::{entry, events, tell};
use crate::kernel::Fault;
use crate::kernel::ids::IntimatePayId;

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
        store::end(tx.conn, &relation, by, tx.now).await?;
        tx.record(entry(by, relation.id, json!({})));
        tx.emit(tell(events::ENDED, &relation.sides(), json!({ "relation": relation.id })));
        Ok(Changed { relation: relation.id })
    }
}
