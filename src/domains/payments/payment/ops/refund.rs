//! Giving part of a payment back to the method it came from, inside the command that decides it.

use uuid::Uuid;

use super::super::model::{Payment, PaymentState, RefundedPayment};
use super::super::store;
use crate::command::Tx;
use crate::db;
use crate::domains::payments::error::PaymentRefusal;
use crate::domains::payments::hooks::{self, Purpose};
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::kernel::ids::TypedId;
use crate::kernel::{Fault, Money};

/// Gives `amount` of a captured payment back: to the balance at once, to a card by the worker. `reference` is the key of what
/// it is for, which happens once. Refunds of orders do the same with their last statement (`approveRefund`).
///
/// # Errors
/// [`PaymentRefusal::ExceedsPayment`]; the database's fault.
pub async fn refund(
    tx: &mut Tx<'_>,
    payment: &Payment,
    amount: Money,
    kind: EntryKind,
    reference: Uuid,
) -> Result<(), Fault<PaymentRefusal>> {
    let exceeds = || Fault::Refused(PaymentRefusal::ExceedsPayment);
    let amount = amount.positive().map_err(|error| Fault::Refused(PaymentRefusal::Amount(error)))?;
    if payment.state() != PaymentState::Captured || amount.currency != payment.currency {
        return Err(exceeds());
    }
    let (payer, shop) = (payment.payer_account_id, payment.shop_id);
    let from = match payment.purpose() {
        Purpose::Order => AccountKind::Escrow,
        Purpose::Deposit => AccountKind::Deposit,
    };
    let to = if payment.is_by_card() { AccountKind::Clearing } else { AccountKind::Balance };
    let given = store::give_back(payer, payment.id, reference, amount, tx.now);
    let writing = db::write(tx.conn, &[&given]);
    match writing.await {
        Err(diesel::result::Error::DatabaseError(_, info)) if info.constraint_name() == Some(store::ROOM) => {
            return Err(exceeds());
        }
        done => done?,
    };
    let debit = ledger::account(tx.conn, shop.uuid(), from, amount.currency).await?;
    let credit = ledger::account(tx.conn, payer.uuid(), to, amount.currency).await?;
    let movement = Movement::new(shop, kind, reference, debit, credit, amount, tx.now);
    ledger::post(tx, &movement).await?;
    if let (Some(relation_id), Some(captured_at)) = (payment.relation_id, payment.settled_at) {
        let told = RefundedPayment { payer_account_id: payer, id: payment.id, relation_id, captured_at };
        hooks::refunded(tx, &told, amount).await?;
    }
    Ok(())
}
