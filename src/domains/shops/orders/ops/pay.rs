//! `payOrder`: the buyer pays an order that waits for it (requirement 1.9).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::payments::{self, NewPayment, Payment, PaymentRefusal, Purpose};
use crate::kernel::ids::{OrderId, PaymentMethodId, TypedId};
use crate::kernel::{Fault, Subject};

/// Pays an order.
#[derive(Debug, Serialize)]
pub struct PayOrder {
    /// The order.
    pub order: OrderId,
    /// With what, in the order in which methods are tried.
    pub methods: Vec<PaymentMethodId>,
}

/// The payment that began.
#[derive(Debug, Serialize, Deserialize)]
pub struct Begun {
    /// The payment.
    pub payment: Payment,
}

impl Command for PayOrder {
    const NAME: &'static str = "payOrder";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Begun;
    type Refusal = PaymentRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Begun, Fault<PaymentRefusal>> {
        let Subject::Account { id: buyer } = tx.actor()?.subject else { return Err(Fault::NotFound { what: "order" }) };
        let own = crate::domains::shops::orders::store::lock_of_buyer(tx.conn, self.order, buyer).await?;
        own.ok_or(Fault::NotFound { what: "order" })?;
        let bill = payments::bill(tx, Purpose::Order, self.order.uuid()).await?;
        let bill = bill.filter(|bill| !bill.paid).ok_or(Fault::Refused(PaymentRefusal::AlreadyPaid))?;
        let new = NewPayment { bill: &bill, payer: buyer, methods: &self.methods, relation: None };
        let payment = payments::start(tx, &new).await?;
        tx.record(Entry {
            chain: Chain::Shop(bill.shop),
            target: self.order.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "payment": payment.id, "amount": bill.amount.decimal(), "state": payment.state }),
        });
        Ok(Begun { payment })
    }
}
