//! `approvePayRequest` and `declinePayRequest`: the payer answers, once and in time (requirement 0.12).

use serde::Serialize;
use serde_json::json;

use super::super::model::{PayRequest, State};
use super::super::store;
use crate::command::{Command, KeyRule, Tx};
use crate::domains::intimate_pay::passwords::check::confirm;
use crate::domains::intimate_pay::passwords::{PasswordFailure, Verified};
use crate::domains::intimate_pay::relations::store as relations;
use crate::domains::intimate_pay::uses::model::Counted;
use crate::domains::intimate_pay::uses::refusal::UseRefusal;
use crate::domains::intimate_pay::uses::spend::{Paid, can_pay, confirmed_by_code, spend};
use crate::domains::intimate_pay::{acting, entry, events, tell};
use crate::domains::payments::{self, PaymentRefusal, Purpose};
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, IntimateUseId, PayRequestId, TypedId};

/// What is approved: the content of the command, which is known before the password was compared.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Approved {
    /// The request.
    pub request: PayRequestId,
}

/// Pays what was asked for.
#[derive(Debug, Serialize)]
pub struct ApprovePayRequest {
    /// What.
    #[serde(flatten)]
    pub of: Approved,
    /// The proof that the payer's payment password was right.
    #[serde(skip_serializing)]
    pub verified: Verified,
}

impl Command for ApprovePayRequest {
    const NAME: &'static str = "approvePayRequest";
    const KEY: KeyRule = KeyRule::Required;
    const DRY_RUN: bool = false;
    type Output = Paid;
    type Refusal = UseRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Paid, Fault<UseRefusal>> {
        let payer = acting(tx)?;
        let request = waiting(tx, payer, self.of.request).await?;
        let relation = relations::lock(tx.conn, payer, request.relation_id).await?;
        let relation = relation.ok_or(Fault::NotFound { what: "intimate pay" })?;
        can_pay(tx, &relation).await?;
        if self.verified.account != payer {
            return Err(Fault::Refused(UseRefusal::Password(PasswordFailure::Changed)));
        }
        confirm(tx, &self.verified).await.map_err(|fault| fault.map_refusal(UseRefusal::Password))?;
        let bill = payments::bill(tx, Purpose::Order, request.order_id.uuid()).await?;
        let bill = bill.filter(|bill| bill.debtor == request.beneficiary_account_id && bill.amount == request.money());
        let bill = bill.ok_or(Fault::Refused(UseRefusal::OrderChanged))?;
        if bill.paid {
            return Err(Fault::Refused(UseRefusal::Payment(PaymentRefusal::AlreadyPaid)));
        }
        confirmed_by_code(tx, &relation, &bill).await?;
        // Whether it still waits is decided here, by one conditional statement: the lock above was on the relation. It is
        // answered before it is paid, because what waits for a paid order lapses.
        let used = IntimateUseId::generate();
        if store::answer(tx.conn, payer, request.id, Some(used), tx.now).await?.is_none() {
            return Err(Fault::Refused(UseRefusal::NotPending(State::Lapsed.refusal())));
        }
        let paid = spend(tx, &relation, &bill, (used, Counted::Request)).await?;
        let detail = json!({ "request": request.id, "order": request.order_id, "amount": bill.amount.decimal() });
        tx.record(entry(payer, paid.used.id, detail));
        tx.emit(tell(events::REQUEST_APPROVED, &[request.beneficiary_account_id], json!({ "request": request.id })));
        Ok(paid)
    }
}

/// Declines what was asked for.
#[derive(Debug, Serialize)]
pub struct DeclinePayRequest {
    /// The request.
    pub request: PayRequestId,
}

impl Command for DeclinePayRequest {
    const NAME: &'static str = "declinePayRequest";
    /// Whoever has something to confirm may still stop what goes on with their money.
    const WHILE_RESTRICTED: bool = true;
    type Output = PayRequest;
    type Refusal = UseRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PayRequest, Fault<UseRefusal>> {
        let payer = acting(tx)?;
        let request = waiting(tx, payer, self.request).await?;
        let declined = store::answer(tx.conn, payer, request.id, None, tx.now).await?;
        let declined = declined.ok_or(Fault::Refused(UseRefusal::NotPending(State::Lapsed.refusal())))?;
        tx.record(entry(payer, request.id, json!({ "order": request.order_id })));
        tx.emit(tell(events::REQUEST_DECLINED, &[request.beneficiary_account_id], json!({ "request": request.id })));
        Ok(declined)
    }
}

/// A request of a payer that waits for an answer.
async fn waiting(tx: &mut Tx<'_>, payer: AccountId, id: PayRequestId) -> Result<PayRequest, Fault<UseRefusal>> {
    let request = store::get(tx.conn, payer, id).await?.ok_or(Fault::NotFound { what: "request" })?;
    match request.state(tx.now) {
        State::Pending => Ok(request),
        answered => Err(Fault::Refused(UseRefusal::NotPending(answered.refusal()))),
    }
}
