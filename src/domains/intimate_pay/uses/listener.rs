//! Hears of payments in their own transaction: how they ended, and what goes back; and tells them how a relation stands.

use diesel_async::AsyncPgConnection;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;
use uuid::Uuid;

use super::model::IntimateUse;
use super::store;
use crate::command::Tx;
use crate::domains::intimate_pay::relations::model::State;
use crate::domains::intimate_pay::relations::store as relations;
use crate::domains::intimate_pay::requests::ops::lapse::told as told_lapsed;
use crate::domains::intimate_pay::requests::store as requests;
use crate::domains::intimate_pay::{events, tell};
use crate::domains::payments::{Listener, Payment, PaymentState, RefundedPayment, Relations, Standing};
use crate::kernel::ids::{AccountId, IntimatePayId, TypedId};
use crate::kernel::{Fault, Money};
use crate::permissions::quota;

/// Gives quota back (requirement 0.13).
#[derive(Debug, Default)]
pub struct Quotas;

impl Listener for Quotas {
    fn settled<'a>(&'a self, tx: &'a mut Tx<'_>, payment: &'a Payment) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            // Paid by whatever means: whoever was asked for it need not answer any more (requirement 0.12).
            if let Some(order) = payment.order().filter(|_| payment.state() == PaymentState::Captured) {
                for request in requests::lapse_of_paid(tx.conn, order, tx.now).await? {
                    tx.emit(told_lapsed(&request));
                }
            }
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

impl Relations for Quotas {
    fn standing<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        payer: AccountId,
        relation: Uuid,
        lock: bool,
    ) -> BoxFuture<'a, Result<Standing, diesel::result::Error>> {
        async move {
            let id = IntimatePayId::from_uuid(relation);
            let found =
                if lock { relations::lock(conn, payer, id).await } else { relations::get(conn, payer, id).await };
            Ok(match found? {
                // Whoever reports a payment and then ends the relation wants it no more than before.
                Some(found) if found.frozen_at.is_some() => Standing::Frozen,
                Some(found) if found.state() == State::Active => Standing::Open,
                _ => Standing::Ended,
            })
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
