//! The rule of a use, for whoever may make one: the beneficiary within the limits, or the payer who approves a request.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{Counted, IntimateUse};
use super::refusal::UseRefusal;
use super::store;
use crate::command::Tx;
use crate::domains::accounts::restrictions::store as restrictions;
use crate::domains::accounts::step_up;
use crate::domains::intimate_pay::passwords::store as passwords;
use crate::domains::intimate_pay::relations::model::{IntimatePay, State, Step};
use crate::domains::intimate_pay::relations::store as relations;
use crate::domains::intimate_pay::{count, events, tell};
use crate::domains::payments::methods::store as methods;
use crate::domains::payments::{self, Bill, NewPayment, Payment, PaymentRefusal, PaymentState, Purpose};
use crate::kernel::ids::{AccountId, IntimateUseId, OrderId, PaymentMethodId, TypedId};
use crate::kernel::{Fault, Instant, Text};
use crate::permissions::quota::Windows;

/// A use and its payment.
#[derive(Debug, Serialize, Deserialize)]
pub struct Paid {
    /// The use.
    pub used: IntimateUse,
    /// The payment.
    pub payment: Payment,
}

/// Refuses a relation that cannot pay: ended, frozen, with a step missing (requirement 0.5), or of a payer who may not act
/// (3.13, h20).
///
/// # Errors
/// Which; the database's fault.
pub async fn can_pay(tx: &mut Tx<'_>, relation: &IntimatePay) -> Result<(), Fault<UseRefusal>> {
    match relation.state() {
        State::Active => {}
        State::Frozen => return Err(Fault::Refused(UseRefusal::Frozen)),
        State::Ended => return Err(Fault::Refused(UseRefusal::Ended)),
    }
    if !restrictions::may_act(tx.conn, relation.payer_account_id).await? {
        return Err(Fault::Refused(UseRefusal::PayerUnavailable));
    }
    if relation.methods.is_empty() {
        return Err(Fault::Refused(UseRefusal::Missing(Step::Method)));
    }
    if passwords::standing(tx.conn, &[relation.payer_account_id]).await?.is_empty() {
        return Err(Fault::Refused(UseRefusal::Missing(Step::PaymentPassword)));
    }
    Ok(())
}

/// The bill of an order of the beneficiary's that waits to be paid; the order is locked. Others' orders are not there.
///
/// # Errors
/// `ALREADY_PAID`; not found; the database's fault.
pub async fn due(tx: &mut Tx<'_>, order: OrderId, beneficiary: AccountId) -> Result<Bill, Fault<UseRefusal>> {
    let bill = payments::bill(tx, Purpose::Order, order.uuid()).await?;
    let bill = bill.filter(|bill| bill.debtor == beneficiary).ok_or(Fault::NotFound { what: "order" })?;
    if bill.paid {
        return Err(Fault::Refused(UseRefusal::Payment(PaymentRefusal::AlreadyPaid)));
    }
    Ok(bill)
}

/// What one purchase shows by itself: who is paid, its currency, category, size and hour. Whether a code is needed is asked last, by
/// [`confirmed_by_code`].
///
/// # Errors
/// The first limit that stands in the way.
pub fn fits(relation: &IntimatePay, bill: &Bill, now: Instant) -> Result<(), UseRefusal> {
    bill.payable_by(relation.payer_account_id).map_err(UseRefusal::Payment)?;
    if bill.amount.currency != relation.currency {
        return Err(UseRefusal::Currency);
    }
    let terms = relation.terms();
    if !terms.allows(&bill.category) {
        return Err(UseRefusal::Category(bill.category.clone()));
    }
    let intended = relation.intended(now, Some(bill.amount.minor), Some(now));
    let checked = terms.constraints().check(&intended);
    checked.map(|_| ()).map_err(|violation| UseRefusal::limit(relation, &intended, violation))
}

/// Requires a one-time code for what is over the step-up amount (requirement 0.10), of whoever confirms the payment. The
/// password does not count: somebody who looked over a shoulder has it together with the payment password. One code is for one
/// payment: with what is paid it is used up, and what is refused leaves it.
///
/// # Errors
/// `STEP_UP_REQUIRED` with the factors that would help; the database's fault.
pub async fn confirmed_by_code(tx: &mut Tx<'_>, relation: &IntimatePay, bill: &Bill) -> Result<(), Fault<UseRefusal>> {
    let above = relation.terms().step_up_above.filter(|above| bill.amount.minor > *above);
    let Some(above) = above.map(|minor| relation.money(minor)) else { return Ok(()) };
    match step_up::use_up(tx, step_up::LASTS, step_up::STRONG).await {
        Ok(_) => Ok(()),
        Err(Fault::Denied(mut denial)) => {
            denial.limit = Some(above.decimal());
            denial.message = denial.message.map(|said| {
                Text::made(
                    format!("Above {above} a one-time code is needed. {}", said.en),
                    format!("超过 {above} 需要一次性验证码。{}", said.zh),
                )
            });
            Err(Fault::Refused(UseRefusal::Limit(denial)))
        }
        Err(fault) => Err(fault),
    }
}

/// Counts a purchase against what adds up: the emergency amount first, if it is that category, then the month's cap. One
/// conditional statement each.
///
/// # Errors
/// The limit that has no room.
pub async fn counted(tx: &mut Tx<'_>, relation: &IntimatePay, bill: &Bill) -> Result<Counted, Fault<UseRefusal>> {
    let terms = relation.terms();
    let intended = relation.intended(tx.now, Some(bill.amount.minor), None);
    if let Some(limits) = terms.exempt(&bill.category)
        && count(tx, relation.emergency_counter(), &limits, &intended).await?.is_ok()
    {
        return Ok(Counted::Emergency);
    }
    match count(tx, relation.counter(), &terms.constraints(), &intended).await? {
        Ok(()) => Ok(Counted::Month),
        Err(violation) => Err(Fault::Refused(UseRefusal::limit(relation, &intended, violation))),
    }
}

/// Begins the payment on the payer's methods, the preferred one first, and puts the use on record. The relation is locked, the
/// bill too, and what adds up is counted already. The use has the id that it is given.
///
/// # Errors
/// No method pays; the database's fault.
pub async fn spend(
    tx: &mut Tx<'_>,
    relation: &IntimatePay,
    bill: &Bill,
    (id, counted): (IntimateUseId, Counted),
) -> Result<Paid, Fault<UseRefusal>> {
    let methods = usable(tx, relation).await?;
    let payer = relation.payer_account_id;
    let new = NewPayment { bill, payer, methods: &methods, relation: Some(relation.id.uuid()) };
    let payment = payments::start(tx, &new).await.map_err(|fault| fault.map_refusal(UseRefusal::Payment))?;
    let used = IntimateUse {
        payer_account_id: payer,
        id,
        relation_id: relation.id,
        seq: relations::next_use(tx.conn, relation).await?,
        beneficiary_account_id: relation.beneficiary_account_id,
        payment_id: payment.id,
        order_id: OrderId::from_uuid(bill.subject),
        shop_id: bill.shop,
        title: bill.title.clone(),
        category: bill.category.clone(),
        amount_minor: bill.amount.minor,
        given_back_minor: 0,
        currency: bill.amount.currency,
        counted: counted.text().to_owned(),
        month: Windows::of(tx.now, relation.zone()).month(),
        state: if payment.state() == PaymentState::Captured { "PAID" } else { "PENDING" }.to_owned(),
        at: tx.now,
        changed: 0,
    };
    store::insert(tx.conn, &used).await?;
    let payload = json!({
        "relation": relation.id, "purchase": used.id, "amount": bill.amount.decimal(), "currency": bill.amount.currency,
    });
    tx.emit(tell(events::USED, &relation.sides(), payload));
    Ok(Paid { used, payment })
}

/// The payer's methods that can pay now, in the order of preference: one that has expired does not keep the next from paying.
async fn usable(tx: &mut Tx<'_>, relation: &IntimatePay) -> Result<Vec<PaymentMethodId>, Fault<UseRefusal>> {
    let ids: Vec<PaymentMethodId> = relation.methods.iter().map(|key| PaymentMethodId::from_uuid(*key)).collect();
    let known = methods::by_ids(tx.conn, relation.payer_account_id, &ids).await?;
    let can = |id: &PaymentMethodId| {
        known.iter().any(|method| method.id == *id && method.is_active() && !method.is_expired(tx.now))
    };
    let usable: Vec<PaymentMethodId> = ids.into_iter().filter(can).collect();
    if usable.is_empty() { Err(Fault::Refused(UseRefusal::Payment(PaymentRefusal::MethodUnknown))) } else { Ok(usable) }
}
