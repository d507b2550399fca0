//! The money of a refund, for whoever may give it back: the shop that approves one, or the platform that decides a dispute. It goes
//! to the method that paid, a balance at once and a card by the worker, and counts against the order and its payment (h10); what
//! the sale gave to charity comes back in proportion.

use crate::command::Tx;
use crate::domains::payments::hooks;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::payments::payment::store as payments;
use crate::domains::shops::charity;
use crate::domains::shops::orders::store as orders;
use crate::domains::shops::refunds::model::{Locked, Refund};
use crate::domains::shops::refunds::store;
use crate::kernel::ids::TypedId;
use crate::kernel::{Fault, Money, Subject};

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
