//! `confirmReceipt` (确认收货): the buyer has what was bought, so the money is the shop's.

use serde::Serialize;

use super::settle::{Settled, settle};
use crate::command::{Command, KeyRule, Tx};
use crate::domains::shops::orders::model::State;
use crate::domains::shops::orders::store;
use crate::domains::shops::refunds::store as refunds;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::OrderId;
use crate::kernel::{Fault, Subject, Text};

/// Confirms the receipt of an order.
#[derive(Debug, Serialize)]
pub struct ConfirmReceipt {
    /// The order.
    pub order: OrderId,
}

/// Why it is not confirmed.
#[derive(Debug)]
pub enum ConfirmRefusal {
    /// Nobody has paid it yet.
    NotPaid,
    /// All of it was given back.
    Refunded,
    /// It was confirmed, or the time was over.
    Settled,
    /// A refund of it waits for the shop.
    RefundOpen,
}

impl Refusal for ConfirmRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotPaid => "ORDER_NOT_PAID",
            Self::Refunded => "ORDER_REFUNDED",
            Self::Settled => "ALREADY_SETTLED",
            Self::RefundOpen => "REFUND_OPEN",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["orderId"]
    }

    fn message(&self) -> Text {
        match self {
            Self::NotPaid => Text::new("The order is not paid. Pay it first.", "订单尚未付款,请先付款。"),
            Self::Refunded => Text::new("All of the order was given back.", "该订单已全额退款。"),
            Self::Settled => Text::new("The receipt was confirmed before.", "该订单已确认收货。"),
            Self::RefundOpen => Text::new(
                "A refund of this order waits for the shop. Confirm when it is decided.",
                "该订单有退款正在处理,请在处理完成后再确认收货。",
            ),
        }
    }
}

impl Command for ConfirmReceipt {
    const NAME: &'static str = "confirmReceipt";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Settled;
    type Refusal = ConfirmRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Settled, Fault<ConfirmRefusal>> {
        let Subject::Account { id: buyer } = tx.actor()?.subject else { return Err(Fault::NotFound { what: "order" }) };
        let order = store::lock_of_buyer(tx.conn, self.order, buyer).await?;
        let order = order.ok_or(Fault::NotFound { what: "order" })?;
        let refusal = match order.state() {
            State::AwaitingPayment => Some(ConfirmRefusal::NotPaid),
            State::Refunded => Some(ConfirmRefusal::Refunded),
            State::Paid if order.settled_at.is_some() => Some(ConfirmRefusal::Settled),
            State::Paid => None,
        };
        if let Some(refusal) = refusal {
            return Err(Fault::Refused(refusal));
        }
        if refunds::open_amount(tx.conn, order.shop_id, order.id).await? > 0 {
            return Err(Fault::Refused(ConfirmRefusal::RefundOpen));
        }
        Ok(Settled { order: settle(tx, &order).await? })
    }
}
