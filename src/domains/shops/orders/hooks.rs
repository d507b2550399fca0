//! What payments ask of orders, and tell them.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::model::State;
use super::store;
use crate::command::{Event, Tx};
use crate::domains::payments::{Bill, Biller, Listener, Payment, PaymentState, Purpose, RefundedPayment};
use crate::domains::shops::shop::store as shops;
use crate::domains::shops::{charity, events};
use crate::kernel::ids::{OrderId, TypedId};
use crate::kernel::{Fault, Instant, Money};
use serde_json::json;

/// When the money of an order that is paid now is the shop's, unless its buyer confirms the receipt before.
pub(super) fn settles_at(tx: &Tx<'_>) -> Instant {
    tx.now + chrono::TimeDelta::days(i64::from(tx.env.payments.settle_after_days))
}

/// Orders as payments see them.
pub struct OrderPayments;

impl Biller for OrderPayments {
    fn purpose(&self) -> Purpose {
        Purpose::Order
    }

    fn bill<'a>(&'a self, tx: &'a mut Tx<'_>, subject: Uuid) -> BoxFuture<'a, Result<Option<Bill>, Fault>> {
        async move {
            let found = store::lock(tx.conn, OrderId::from_uuid(subject)).await?;
            let Some(found) = found else { return Ok(None) };
            let shop = found.order.shop_id;
            let selling = shops::selling(tx.conn, shop).await?;
            let selling = selling.ok_or_else(|| Fault::internal("an order without its shop"))?;
            Ok(Some(Bill {
                paid: found.order.state() != State::AwaitingPayment,
                purpose: Purpose::Order,
                subject,
                shop,
                debtor: found.order.buyer_account_id,
                payee: Some(selling.owner),
                stopped: selling.stopped(),
                amount: found.order.total(),
                category: found.category,
                title: found.order.item_title,
            }))
        }
        .boxed()
    }
}

impl Listener for OrderPayments {
    fn settled<'a>(&'a self, tx: &'a mut Tx<'_>, payment: &'a Payment) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let Some(order) = payment.order().filter(|_| payment.state() == PaymentState::Captured) else {
                return Ok(());
            };
            let settle_at = settles_at(tx);
            let Some(paid) = store::paid(tx.conn, payment.shop_id, order, settle_at).await? else {
                return Err(Fault::internal(format!("{order} was paid and waits for no payment")));
            };
            if let Some(gift) = paid.gift() {
                charity::give(tx, &gift).await?;
            }
            tx.emit(Event {
                topic: events::ORDER_PAID,
                shop: Some(payment.shop_id),
                payload: json!({
                    "shop": payment.shop_id, "order": order, "amount": payment.money().decimal(),
                    "currency": payment.currency,
                }),
            });
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
        // A refund of an order is the shop's own deed.
        async { Ok(()) }.boxed()
    }
}
