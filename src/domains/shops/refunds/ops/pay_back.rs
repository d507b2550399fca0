//! The money of a refund, for whoever may give it back: the shop that approves one, or the platform that decides a dispute. It goes
//! to the method that paid, a balance at once and a card by the worker, and counts against the order and its payment (h10); what
//! the sale gave to charity comes back in proportion.

use crate::command::Tx;
use crate::db::Write;
use crate::domains::payments::hooks;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::payments::payment::store as payments;
use crate::domains::shops::charity;
use crate::domains::shops::orders::store as orders;
use crate::domains::shops::refunds::model::{Locked, Refund};
use crate::domains::shops::refunds::store;
use crate::kernel::ids::{AccountId, PaymentId, TypedId};
use crate::kernel::{Fault, Instant, Money, Subject};

/// Who gives the money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The shop: from its escrow, or from its balance once the order is settled.
    Shop,
    /// The shop's deposit, of an order that is settled.
    Deposit,
}

/// Gives the money of a locked refund back, and notes that it is approved. All of it is left to the door; of what breaks, the
/// command says what it means. The movement is for the audit entry.
///
/// # Errors
/// The database's fault.
pub async fn pay_back<E>(
    tx: &mut Tx<'_>,
    locked: &Locked,
    by: Subject,
    from: Source,
) -> Result<(Refund, Movement), Fault<E>> {
    let refund = &locked.refund;
    let movement = movement(tx, locked, from).await?;
    let approved = refund.approved(by, movement.id, tx.now);
    if let Some(payment) = locked.payment_id {
        tx.leave(payments::give_back(locked.payer, payment, refund.id.uuid(), refund.money(), tx.now));
    }
    if let Some(payment) = locked.paid_by_relation() {
        hooks::refunded(tx, &payment, refund.money()).await?;
    }
    tx.leave(orders::give_back(refund.shop_id, refund.order_id, refund.money()));
    give_back(tx, locked, &movement).await?;
    tx.leave(store::approval(&approved));
    Ok((approved, movement))
}

/// A refund that takes nothing but the rows that hold it: from escrow to a balance, without intimate pay and charity.
pub struct Plain {
    /// The refund, approved.
    pub approved: Refund,
    /// The movement.
    pub movement: Movement,
    payment: Option<(AccountId, PaymentId)>,
}

/// What [`pay_back`] would leave for a locked refund, if that is all there is to it.
#[must_use]
pub fn plain(locked: &Locked, by: Subject, now: Instant) -> Option<Plain> {
    if locked.settled || locked.by_card || locked.relation_id.is_some() || locked.taken_back().is_some() {
        return None;
    }
    let (refund, source, target) = (&locked.refund, locked.source?, locked.target?);
    let movement = Movement::new(refund.shop_id, EntryKind::Refund, refund.id, source, target, refund.money(), now);
    let payment = locked.payment_id.map(|payment| (locked.payer, payment));
    Some(Plain { approved: refund.approved(by, movement.id, now), movement, payment })
}

/// The writes of many, in the order of [`pay_back`]: no two of one order or to one balance.
#[must_use]
pub fn write_all(all: &[Plain], now: Instant) -> Vec<Box<dyn Write>> {
    let refunds: Vec<&Refund> = all.iter().map(|plain| &plain.approved).collect();
    let paid: Vec<_> = all
        .iter()
        .filter_map(|plain| plain.payment.map(|(payer, payment)| (payer, payment, plain.approved.money())))
        .collect();
    let orders: Vec<_> = refunds.iter().map(|refund| (refund.shop_id, refund.order_id, refund.money())).collect();
    let movements: Vec<&Movement> = all.iter().map(|plain| &plain.movement).collect();
    let mut writes: Vec<Box<dyn Write>> = Vec::with_capacity(4);
    if !paid.is_empty() {
        writes.push(Box::new(payments::give_back_all(&paid)));
    }
    writes.push(Box::new(orders::give_back_all(&orders)));
    writes.push(Box::new(ledger::posting_of_refunds(&movements, now)));
    writes.push(Box::new(store::approvals(&refunds, now)));
    writes
}

/// Leaves the movement of the refund, and that of what it takes back from charity. Accounts are locked in the same order as when
/// an order is paid: those of the organisations last.
async fn give_back<E>(tx: &mut Tx<'_>, locked: &Locked, movement: &Movement) -> Result<(), Fault<E>> {
    let Some(back) = locked.taken_back() else {
        tx.leave(ledger::posting(movement));
        return Ok(());
    };
    let (shop, refund) = (locked.refund.shop_id, locked.refund.id);
    let returning = charity::giving_back(tx, shop, refund, &back, movement.debit).await?;
    if locked.settled {
        // What comes back from charity is a part of what the balance, or the deposit, gives.
        tx.leave(ledger::locking(vec![movement.debit, movement.credit, returning.debit]));
        ledger::leave(tx, &returning);
        tx.leave(ledger::posting(movement));
    } else {
        tx.leave(ledger::posting(movement));
        ledger::leave(tx, &returning);
    }
    let minus = Money::new(-back.money.minor, back.money.currency);
    tx.leave(charity::store::count(shop, back.organisation, minus, -i64::from(back.all)));
    Ok(())
}

/// From the source to the balance that paid, or to what is on its way to a card; each account is made when it is first needed.
async fn movement<E>(tx: &mut Tx<'_>, locked: &Locked, from: Source) -> Result<Movement, Fault<E>> {
    let refund = &locked.refund;
    let (shop, money) = (refund.shop_id, refund.money());
    let (kind, source) = match (from, locked.source) {
        (Source::Deposit, _) => {
            let deposit = ledger::account(tx.conn, shop.uuid(), AccountKind::Deposit, money.currency).await?;
            (EntryKind::DepositCompensation, deposit)
        }
        (Source::Shop, Some(account)) => (EntryKind::Refund, account),
        (Source::Shop, None) => {
            let kind = if locked.settled { AccountKind::Balance } else { AccountKind::Escrow };
            (EntryKind::Refund, ledger::account(tx.conn, shop.uuid(), kind, money.currency).await?)
        }
    };
    let target = match locked.target {
        Some(account) => account,
        None => {
            let kind = if locked.by_card { AccountKind::Clearing } else { AccountKind::Balance };
            ledger::account(tx.conn, locked.payer.uuid(), kind, money.currency).await?
        }
    };
    Ok(Movement::new(shop, kind, refund.id, source, target, money, tx.now))
}
