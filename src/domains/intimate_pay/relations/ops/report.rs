//! `reportIntimatePayment`: one call freezes the relation, opens a case and tells both sides (requirement 0.11).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::cases;
use super::super::model::State;
use super::super::refusal::RelationRefusal;
use super::super::store;
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::uses::store as uses;
use crate::domains::intimate_pay::{acting, entry, events, tell};
use crate::kernel::ids::{CaseId, IntimatePayId, IntimateUseId};
use crate::kernel::{Fault, names};

/// Most characters of a reason.
const LONGEST_REASON: usize = 500;

/// Reports a suspicious payment, or the relation as such.
#[derive(Debug, Serialize)]
pub struct ReportIntimatePayment {
    /// The relation.
    pub relation: IntimatePayId,
    /// The purchase, if it is about one.
    pub used: Option<IntimateUseId>,
    /// What is suspicious.
    pub reason: String,
}

/// The case that was opened.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reported {
    /// Its id.
    pub case: CaseId,
    /// The relation.
    pub relation: IntimatePayId,
}

impl Command for ReportIntimatePayment {
    const NAME: &'static str = "reportIntimatePayment";
    /// It freezes: whoever has something to confirm may still stop what they did not do.
    const WHILE_RESTRICTED: bool = true;
    type Output = Reported;
    type Refusal = RelationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Reported, Fault<RelationRefusal>> {
        let by = acting(tx)?;
        let relation = store::lock(tx.conn, by, self.relation).await?;
        let relation = relation.ok_or(Fault::NotFound { what: "intimate pay" })?;
        if let Some(used) = self.used
            && !uses::is_of(tx.conn, &relation, used).await?
        {
            return Err(Fault::NotFound { what: "purchase" });
        }
        if !names::is_prose(&self.reason, LONGEST_REASON) {
            return Err(Fault::Refused(RelationRefusal::ReasonInvalid));
        }
        // What has ended pays nothing any more; the case is on record all the same.
        let frozen = relation.state() == State::Active;
        if frozen {
            store::freeze(tx.conn, &relation, Some(tx.now)).await?;
        }
        let case = cases::open(tx.conn, &relation, self.used, by, &self.reason, tx.now).await?;
        tx.record(entry(by, relation.id, json!({ "case": case, "purchase": self.used, "frozen": frozen })));
        tx.emit(tell(events::FROZEN, &relation.sides(), json!({ "relation": relation.id, "case": case })));
        Ok(Reported { case, relation: relation.id })
    }
}
