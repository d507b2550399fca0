//! `changeIntimatePayTerms`: the payer changes what is allowed; the caps so often in a month, and whatever allows more only
//! in a session that was stepped up (requirement 0.9).

use serde::Serialize;
use serde_json::json;

use super::super::inputs::WrittenTerms;
use super::super::refusal::RelationRefusal;
use super::super::store;
use super::{Changed, count_change, lock_of_payer, stepped_up};
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::{entry, events, tell};
use crate::kernel::Fault;
use crate::kernel::ids::IntimatePayId;

/// Changes the terms of a relation.
#[derive(Debug, Serialize)]
pub struct ChangeIntimatePayTerms {
    /// The relation.
    pub relation: IntimatePayId,
    /// The new terms, all of them.
    pub terms: WrittenTerms,
}

impl Command for ChangeIntimatePayTerms {
    const NAME: &'static str = "changeIntimatePayTerms";
    type Output = Changed;
    type Refusal = RelationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<RelationRefusal>> {
        let relation = lock_of_payer(tx, self.relation).await?;
        let figures = &tx.env.intimate_pay;
        let (old, terms) = (relation.terms(), self.terms.read(relation.currency, figures).map_err(Fault::Refused)?);
        if terms.wider_than(&old) {
            stepped_up(tx).await?;
        }
        if terms.caps() != old.caps() {
            count_change(tx, relation.sides(), relation.zone()).await?;
        }
        store::change(tx.conn, &relation, &terms).await?;
        let detail = json!({ "capBefore": old.monthly_cap, "cap": terms.monthly_cap });
        tx.record(entry(relation.payer_account_id, relation.id, detail));
        tx.emit(tell(events::CHANGED, &relation.sides(), json!({ "relation": relation.id })));
        Ok(Changed { relation: relation.id })
    }
}
