//! Gifts in the books, inside the command of the sale or of the refund.

use super::model::{Gift, TakenBack};
use super::store;
use crate::command::Tx;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::kernel::Fault;
use crate::kernel::ids::{LedgerAccountId, RefundId, ShopId, TypedId};

/// Leaves the gift of an order that is paid in this transaction: from the shop's escrow to the organisation.
///
/// # Errors
/// The database's fault.
pub async fn give<E>(tx: &mut Tx<'_>, gift: &Gift) -> Result<(), Fault<E>> {
    let Gift { shop, order, organisation, money } = *gift;
    let escrow = ledger::account(tx.conn, shop.uuid(), AccountKind::Escrow, money.currency).await?;
    let donation = ledger::account(tx.conn, organisation.uuid(), AccountKind::Donation, money.currency).await?;
    ledger::leave(tx, &Movement::new(shop, EntryKind::Donation, order, escrow, donation, money, tx.now));
    tx.leave(store::count(shop, organisation, money, 1));
    Ok(())
}

/// The movement of what a refund takes back, to where the refund comes from.
///
/// # Errors
/// The database's fault.
pub async fn giving_back<E>(
    tx: &mut Tx<'_>,
    shop: ShopId,
    refund: RefundId,
    back: &TakenBack,
    to: LedgerAccountId,
) -> Result<Movement, Fault<E>> {
    let owner = back.organisation.uuid();
    let donation = ledger::account(tx.conn, owner, AccountKind::Donation, back.money.currency).await?;
    Ok(Movement::new(shop, EntryKind::DonationReturned, refund, donation, to, back.money, tx.now))
}
