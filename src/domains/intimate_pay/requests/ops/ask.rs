//! `askToPay`: what the limits refuse goes to the payer (requirement 0.12).

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::json;

use super::super::model::PayRequest;
use super::super::store;
use crate::command::{Command, Tx};
use crate::domains::intimate_pay::relations::model::IntimatePay;
use crate::domains::intimate_pay::relations::store as relations;
use crate::domains::intimate_pay::uses::refusal::UseRefusal;
use crate::domains::intimate_pay::uses::spend::{can_pay, due, fits};
use crate::domains::intimate_pay::{acting, entry, events, tell};
use crate::domains::payments::Bill;
use crate::kernel::Fault;
use crate::kernel::fault::Refusal as _;
use crate::kernel::ids::{IntimatePayId, OrderId, PayRequestId};
use crate::permissions::quota;

/// Asks the payer.
#[derive(Debug, Serialize)]
pub struct AskToPay {
    /// The relation.
    pub relation: IntimatePayId,
    /// The order.
    pub order: OrderId,
}

impl Command for AskToPay {
    const NAME: &'static str = "askToPay";
    type Output = PayRequest;
    type Refusal = UseRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PayRequest, Fault<UseRefusal>> {
        let beneficiary = acting(tx)?;
        let relation = relations::lock(tx.conn, beneficiary, self.relation).await?;
        let relation = relation.filter(|relation| relation.beneficiary_account_id == beneficiary);
        let relation = relation.ok_or(Fault::NotFound { what: "intimate pay" })?;
        can_pay(tx, &relation).await?;
        let bill = due(tx, self.order, beneficiary).await?;
        let refused = match refused(tx, &relation, &bill).await? {
            Some(refusal) if refusal.can_be_asked() => refusal.code(),
            Some(refusal) => return Err(Fault::Refused(refusal)),
            None => return Err(Fault::Refused(UseRefusal::NotRefused)),
        };
        let request = PayRequest {
            payer_account_id: relation.payer_account_id,
            id: PayRequestId::generate(),
            relation_id: relation.id,
            beneficiary_account_id: beneficiary,
            order_id: self.order,
            title: bill.title.clone(),
            category: bill.category.clone(),
            amount_minor: bill.amount.minor,
            currency: bill.amount.currency,
            refused: refused.to_owned(),
            state: "PENDING".to_owned(),
            asked_at: tx.now,
            expires_at: tx.now + TimeDelta::hours(i64::from(tx.env.intimate_pay.request_hours)),
            decided_at: None,
            use_id: None,
        };
        store::lapse_of_order(tx.conn, self.order, tx.now).await?;
        store::insert(tx.conn, &request).await.map_err(|error| match &error {
            diesel::result::Error::DatabaseError(_, info) if info.constraint_name() == Some(store::ONCE) => {
                Fault::Refused(UseRefusal::AskedAlready)
            }
            _ => error.into(),
        })?;
        tx.record(entry(beneficiary, request.id, json!({ "order": self.order, "amount": bill.amount.decimal() })));
        let payload =
            json!({ "request": request.id, "amount": bill.amount.decimal(), "currency": bill.amount.currency });
        tx.emit(tell(events::REQUESTED, &relation.sides(), payload));
        Ok(request)
    }
}

/// What refuses an order now; nothing is counted. A missing code is no reason to ask: who can give one need not.
async fn refused(
    tx: &mut Tx<'_>,
    relation: &IntimatePay,
    bill: &Bill,
) -> Result<Option<UseRefusal>, Fault<UseRefusal>> {
    if let Err(refusal) = fits(relation, bill, tx.now) {
        return Ok(Some(refusal));
    }
    let terms = relation.terms();
    let intended = relation.intended(tx.now, Some(bill.amount.minor), Some(tx.now));
    if let Some(limits) = terms.exempt(&bill.category) {
        let used = quota::usage(tx.conn, relation.emergency_counter(), &intended).await?;
        if quota::check(&limits, &intended, &used).is_ok() {
            return Ok(None);
        }
    }
    let used = quota::usage(tx.conn, relation.counter(), &intended).await?;
    let checked = quota::check(&terms.constraints(), &intended, &used);
    Ok(checked.err().map(|violation| UseRefusal::limit(relation, &intended, violation)))
}
