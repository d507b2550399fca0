//! `payWithIntimatePay`: the beneficiary pays an order with the payer's money (requirement 0.8). The relation is locked first: what
//! the payer changed, froze or ended before holds, and waits for what began before.

use serde::Serialize;
use serde_json::json;

use super::super::refusal::UseRefusal;
use super::super::spend::{Paid, can_pay, confirmed_by_code, counted, due, fits, spend};
use crate::command::{Command, KeyRule, Tx};
use crate::domains::intimate_pay::passwords::check::confirm;
use crate::domains::intimate_pay::passwords::{PasswordFailure, Verified};
use crate::domains::intimate_pay::relations::store as relations;
use crate::domains::intimate_pay::{acting, entry};
use crate::kernel::Fault;
use crate::kernel::ids::{IntimatePayId, IntimateUseId, OrderId};

/// What is to be paid, and with what: the content of the command, which is known before the password was compared.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OrderOfRelation {
    /// The relation.
    pub relation: IntimatePayId,
    /// The order.
    pub order: OrderId,
}

/// Pays an order with a relation.
#[derive(Debug, Serialize)]
pub struct PayWithIntimatePay {
    /// What, and with what.
    #[serde(flatten)]
    pub of: OrderOfRelation,
    /// The proof that the beneficiary's payment password was right.
    #[serde(skip_serializing)]
    pub verified: Verified,
}

impl Command for PayWithIntimatePay {
    const NAME: &'static str = "payWithIntimatePay";
    const KEY: KeyRule = KeyRule::Required;
    // A password was compared: a try that leaves no trace could be repeated without end (h32).
    const DRY_RUN: bool = false;
    type Output = Paid;
    type Refusal = UseRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Paid, Fault<UseRefusal>> {
        let (beneficiary, order) = (acting(tx)?, self.of.order);
        let relation = relations::lock(tx.conn, beneficiary, self.of.relation).await?;
        let relation = relation.filter(|relation| relation.beneficiary_account_id == beneficiary);
        let relation = relation.ok_or(Fault::NotFound { what: "intimate pay" })?;
        can_pay(tx, &relation).await?;
        if self.verified.account != beneficiary {
            return Err(Fault::Refused(UseRefusal::Password(PasswordFailure::Changed)));
        }
        confirm(tx, &self.verified).await.map_err(|fault| fault.map_refusal(UseRefusal::Password))?;
        let bill = due(tx, order, beneficiary).await?;
        fits(&relation, &bill, tx.now).map_err(Fault::Refused)?;
        confirmed_by_code(tx, &relation, &bill).await?;
        let counted = counted(tx, &relation, &bill).await?;
        let paid = spend(tx, &relation, &bill, (IntimateUseId::generate(), counted)).await?;
        let detail = json!({
            "relation": relation.id, "order": order, "amount": bill.amount.decimal(), "counted": counted.text(),
        });
        tx.record(entry(beneficiary, paid.used.id, detail));
        Ok(paid)
    }
}
