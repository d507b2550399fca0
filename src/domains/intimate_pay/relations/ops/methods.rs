//! `setIntimatePayMethods`: the payer picks what pays, in the order of preference (requirement 0.5).

use serde::Serialize;
use serde_json::json;

use super::super::refusal::RelationRefusal;
use super::super::store;
use super::{Changed, lock_of_payer};
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::{entry, events, tell};
use crate::domains::payments::methods;
use crate::kernel::Fault;
use crate::kernel::fault::Refusal as _;
use crate::kernel::ids::{IntimatePayId, PaymentMethodId, TypedId};

/// Sets the methods of a relation.
#[derive(Debug, Serialize)]
pub struct SetIntimatePayMethods {
    /// The relation.
    pub relation: IntimatePayId,
    /// The payer's methods, the preferred one first: 1 to 5.
    pub methods: Vec<PaymentMethodId>,
}

impl Command for SetIntimatePayMethods {
    const NAME: &'static str = "setIntimatePayMethods";
    type Output = Changed;
    type Refusal = RelationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<RelationRefusal>> {
        let relation = lock_of_payer(tx, self.relation).await?;
        let usable = methods::usable(tx, relation.payer_account_id, &self.methods).await;
        usable.map_err(|fault| {
            fault.map_refusal(|refused| RelationRefusal::Method { code: refused.code(), message: refused.message() })
        })?;
        let keys: Vec<_> = self.methods.iter().map(|method| method.uuid()).collect();
        store::set_methods(tx.conn, &relation, &keys).await?;
        tx.record(entry(relation.payer_account_id, relation.id, json!({ "methods": self.methods })));
        tx.emit(tell(events::CHANGED, &[relation.payer_account_id], json!({ "relation": relation.id })));
        Ok(Changed { relation: relation.id })
    }
}
