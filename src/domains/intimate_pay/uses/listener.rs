//! Hears of payments in their own transaction: how they ended, and what goes back.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::model::IntimateUse;
use super::store;
use crate::command::Tx;
use crate::domains::intimate_pay::{events, tell};
use crate::domains::payments::{Listener, Payment, PaymentState, RefundedPayment};
use crate::kernel::{Fault, Money};
use crate::permissions::quota;

/// Gives quota back (requirement 0.13).
#[derive(Debug, Default)]
pub struct Quotas;

impl Listener for Quotas {
    fn settled<'a>(&'a self, tx: &'a mut Tx<'_>, payment: &'a Payment) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            if payment.relation_id.is_none() {
                return Ok(());
            }
            match payment.state() {
                // One that was captured at once has no row yet: whoever began it writes it as paid.
                PaymentState::Captured => {
                    store::settle(tx.conn, payment.id, "PAID").await?;
                }
                PaymentState::Failed => {
                    if let Some(used) = store::settle(tx.conn, payment.id, "FAILED").await? {
                        give_back(tx, &used, used.money()).await?;
                        tx.emit(told(events::FAILED, &used, used.money()));
                    }
                }
                PaymentState::Pending => {}
            }
            Ok(())
        }
        .boxed()
    }

    fn refunded<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        payment: &'a RefundedPayment,
        amount: Money,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let used = store::give_back(tx.conn, payment.id, amount.minor).await?;
            let used = used.ok_or_else(|| Fault::internal(format!("{} was refunded and is no use", payment.id)))?;
            give_back(tx, &used, amount).await?;
            tx.emit(told(events::GIVEN_BACK, &used, amount));
            Ok(())
        }
        .boxed()
    }
}

/// To the month in which it was spent, and to no other.
async fn give_back(tx: &mut Tx<'_>, used: &IntimateUse, amount: Money) -> Result<(), Fault> {
    let Some(counter) = used.counter() else { return Ok(()) };
    if !quota::give_back(tx.conn, counter, used.month, amount.minor).await? {
        return Err(Fault::internal(format!("{}: its month has less on record than it gives back", used.id)));
    }
    Ok(())
}

fn told(topic: &'static str, used: &IntimateUse, amount: Money) -> crate::command::Event {
    let payload = json!({
        "relation": used.relation_id, "purchase": used.id, "amount": amount.decimal(), "currency": amount.currency,
    });
    tell(topic, &[used.payer_account_id, used.beneficiary_account_id], payload)
}
