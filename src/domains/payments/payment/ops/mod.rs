//! What can be done with payments.

pub mod settle;
pub mod settle_job;
pub mod start;

use super::model::Payment;
use crate::command::Tx;
use crate::domains::payments::hooks::Purpose;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::payments::methods::model::{Method, MethodKind};
use crate::kernel::ids::TypedId;

type Sql<T> = Result<T, diesel::result::Error>;

/// What the methods from a place on came to.
enum Tried {
    /// The balance paid.
    Captured,
    /// A card is to be asked.
    Waits,
    /// None could pay.
    Exhausted,
}

/// Goes on to the methods from place `from`, from 0, until one pays or is to be asked. `methods` are those of the payment that
/// may still pay, with their places.
async fn go_on(tx: &mut Tx<'_>, payment: &mut Payment, methods: &[(usize, Method)], from: usize) -> Sql<Tried> {
    for (at, method) in methods.iter().filter(|(at, _)| *at >= from) {
        payment.go_on_to(*at, method, tx.now);
        if method.kind() != MethodKind::Balance {
            return Ok(Tried::Waits);
        }
        let movement = movement(tx, payment, AccountKind::Balance).await?;
        if ledger::try_post(tx, &movement).await? {
            payment.captured(movement.id, tx.now);
            return Ok(Tried::Captured);
        }
        payment.failure = Some("BALANCE_TOO_LOW".to_owned());
    }
    Ok(Tried::Exhausted)
}

/// From the payer to what the shop holds for the purpose.
async fn movement(tx: &mut Tx<'_>, payment: &Payment, from: AccountKind) -> Sql<Movement> {
    let (shop, currency) = (payment.shop_id, payment.currency);
    let (to, kind, reference) = match payment.purpose() {
        Purpose::Order => {
            let order = payment.order().map(|order| order.to_string());
            (AccountKind::Escrow, EntryKind::OrderPaid, order.unwrap_or_default())
        }
        Purpose::Deposit => (AccountKind::Deposit, EntryKind::DepositPaid, payment.id.to_string()),
    };
    let debit = ledger::account(tx.conn, payment.payer_account_id.uuid(), from, currency).await?;
    let credit = ledger::account(tx.conn, shop.uuid(), to, currency).await?;
    Ok(Movement::new(shop, kind, reference, debit, credit, payment.money(), tx.now))
}
