//! `changeIntimatePayTerms`: the payer changes what is allowed; the cap so often in a month (requirement 0.9).

use serde::Serialize;
use serde_json::json;

use super::super::inputs::WrittenTerms;
use super::super::model::Terms;
use super::super::refusal::RelationRefusal;
use super::super::store;
use super::{Changed, lock_of_payer, stepped_up};
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::{count, entry, events, tell};
use crate::kernel::Fault;
use crate::kernel::ids::IntimatePayId;
use crate::permissions::constraints::Constraints;
use crate::permissions::quota::Windows;

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
        let emergency = |terms: &Terms| terms.emergency.as_ref().map_or(0, |e| e.cap);
        if terms.monthly_cap > old.monthly_cap || emergency(&terms) > emergency(&old) {
            stepped_up(tx)?;
        }
        if terms.monthly_cap != old.monthly_cap {
            let most = figures.cap_changes_per_month;
            // The one mechanism of limits counts changes as it counts money.
            let limits = Constraints { per_month: Some(i64::from(most)), ..Constraints::default() };
            let intended = relation.intended(tx.now, Some(1), None);
            if count(tx, relation.changes_counter(), &limits, &intended).await?.is_err() {
                let resets_at = Windows::of(tx.now, relation.zone()).next_month();
                return Err(Fault::Refused(RelationRefusal::ChangesUsedUp { most, resets_at }));
            }
        }
        store::change(tx.conn, &relation, &terms).await?;
        let detail = json!({ "capBefore": old.monthly_cap, "cap": terms.monthly_cap });
        tx.record(entry(relation.payer_account_id, relation.id, detail));
        tx.emit(tell(events::CHANGED, &relation.sides(), json!({ "relation": relation.id })));
        Ok(Changed { relation: relation.id })
    }
}
