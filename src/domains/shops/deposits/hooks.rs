//! What payments tell deposits.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::command::{Event, Tx};
use crate::domains::payments::{Listener, Payment, PaymentState, Purpose, RefundedPayment};
use crate::domains::shops::events;
use crate::kernel::{Fault, Money};

/// Deposits as payments see them.
pub struct DepositPayments;

impl Listener for DepositPayments {
    fn settled<'a>(&'a self, tx: &'a mut Tx<'_>, payment: &'a Payment) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            if payment.purpose() == Purpose::Deposit && payment.state() == PaymentState::Captured {
                tx.emit(Event {
                    topic: events::DEPOSIT_PAID,
                    shop: Some(payment.shop_id),
                    payload: json!({
                        "shop": payment.shop_id, "amount": payment.money().decimal(), "currency": payment.currency,
                    }),
                });
            }
            Ok(())
        }
        .boxed()
    }

    fn refunded<'a>(
        &'a self,
        _tx: &'a mut Tx<'_>,
        _payment: &'a RefundedPayment,
        _amount: Money,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}
