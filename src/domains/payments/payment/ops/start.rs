//! Beginning to pay a bill, inside the command that pays it.

use uuid::Uuid;

use super::super::model::{Payment, PaymentState};
use super::super::store;
use super::{Tried, go_on};
use crate::command::Tx;
use crate::domains::payments::error::PaymentRefusal;
use crate::domains::payments::hooks::{self, Bill};
use crate::domains::payments::{events, methods};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, PaymentId, PaymentMethodId};

/// What is to be paid, by whom and with what.
#[derive(Debug)]
pub struct NewPayment<'a> {
    /// The bill, whose record this transaction has locked.
    pub bill: &'a Bill,
    /// Who pays.
    pub payer: AccountId,
    /// With what: the payer's methods, in the order in which they are tried.
    pub methods: &'a [PaymentMethodId],
    /// The relation of intimate pay that it is paid under.
    pub relation: Option<Uuid>,
}

/// Begins a payment. By balance it is `CAPTURED` at once, and everybody who listens is told; where a card comes first it is
/// `PENDING`, and the worker goes on. The movement of the money is noted in the caller's audit entry.
///
/// # Errors
/// [`PaymentRefusal`], or the database's fault.
pub async fn start(tx: &mut Tx<'_>, new: &NewPayment<'_>) -> Result<Payment, Fault<PaymentRefusal>> {
    let Bill { purpose, subject, shop, amount, .. } = new.bill;
    new.bill.payable_by(new.payer).map_err(Fault::Refused)?;
    let usable = methods::usable(tx, new.payer, new.methods).await?;
    match store::live(tx.conn, *shop, *subject).await?.as_deref() {
        Some("PENDING") => return Err(Fault::Refused(PaymentRefusal::UnderWay)),
        Some(_) => return Err(Fault::Refused(PaymentRefusal::AlreadyPaid)),
        None => {}
    }
    let amount = amount.positive().map_err(|error| Fault::Refused(PaymentRefusal::Amount(error)))?;
    let first = &usable[0];
    let mut payment = Payment {
        payer_account_id: new.payer,
        id: PaymentId::generate(),
        purpose: purpose.text().to_owned(),
        subject: *subject,
        shop_id: *shop,
        relation_id: new.relation,
        amount_minor: amount.minor,
        refunded_minor: 0,
        currency: amount.currency,
        state: PaymentState::Pending.text().to_owned(),
        methods: new.methods.to_vec(),
        attempt: 1,
        method_id: first.id,
        method_kind: first.kind.clone(),
        step: "AUTHORISE".to_owned(),
        reference: None,
        failure: None,
        ledger_entry_id: None,
        tries: 0,
        uncertain: false,
        available_at: tx.now,
        created_at: tx.now,
        settled_at: None,
    };
    let placed: Vec<_> = usable.into_iter().enumerate().collect();
    let tried = go_on(tx, &mut payment, &placed, 0).await?;
    if matches!(tried, Tried::Exhausted) {
        return Err(Fault::Refused(PaymentRefusal::BalanceTooLow));
    }
    store::insert(tx.conn, &payment).await?;
    if matches!(tried, Tried::Captured) {
        hooks::settled(tx, &payment).await?;
        tx.emit(events::of(events::CAPTURED, &payment));
    } else {
        tx.emit(events::of(events::PENDING, &payment));
    }
    Ok(payment)
}
