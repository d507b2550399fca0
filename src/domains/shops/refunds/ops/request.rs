//! `requestRefund`: a buyer asks for money back.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::shops::events;
use crate::domains::shops::orders::model as orders_model;
use crate::domains::shops::orders::store as orders;
use crate::domains::shops::refunds::model::{Refund, is_reason};
use crate::domains::shops::refunds::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::OrderId;
use crate::kernel::money::{MoneyError, WrittenAmount};
use crate::kernel::{Fault, Money, Subject, Text};

/// Asks for money back.
#[derive(Debug, Serialize)]
pub struct RequestRefund {
    /// The order.
    pub order: OrderId,
    /// How much, as written.
    pub amount: WrittenAmount,
    /// Why.
    pub reason: String,
}

/// The new request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Requested {
    /// The refund.
    pub refund: Refund,
}

/// Why nothing is asked for.
#[derive(Debug)]
pub enum RequestRefusal {
    /// The amount is refused.
    Amount(MoneyError),
    /// More than is left of the order.
    ExceedsOrder {
        /// What is left: paid, less given back, less asked for already.
        left: Money,
    },
    /// Nothing was paid yet.
    NotPaid,
    /// The reason has characters or a length that reasons cannot have.
    ReasonInvalid,
}

impl Refusal for RequestRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Amount(_) => "INVALID_AMOUNT",
            Self::ExceedsOrder { .. } => "EXCEEDS_ORDER",
            Self::NotPaid => "ORDER_NOT_PAID",
            Self::ReasonInvalid => "REASON_INVALID",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Amount(_) | Self::ExceedsOrder { .. } => &["amount"],
            Self::NotPaid => &["orderId"],
            Self::ReasonInvalid => &["reason"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Amount(error) => error.text(),
            Self::ExceedsOrder { left } => Text::made(
                format!("At most {left} of this order can still be asked for."),
                format!("该订单最多还可申请退款 {left}。"),
            ),
            Self::NotPaid => {
                Text::new("The order is not paid, so there is nothing to give back.", "订单尚未付款,无法申请退款。")
            }
            Self::ReasonInvalid => Text::new("A reason has 1 to 500 characters.", "退款原因为 1 到 500 个字符。"),
        }
    }
}

impl Command for RequestRefund {
    const NAME: &'static str = "requestRefund";
    type Output = Requested;
    type Refusal = RequestRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Requested, Fault<RequestRefusal>> {
        let Subject::Account { id: buyer } = tx.actor()?.subject else { return Err(Fault::NotFound { what: "order" }) };
        // Locking the order puts requests for the same order one after the other.
        let order = orders::lock_of_buyer(tx.conn, self.order, buyer).await?;
        let order = order.ok_or(Fault::NotFound { what: "order" })?;
        if !is_reason(&self.reason) {
            return Err(Fault::Refused(RequestRefusal::ReasonInvalid));
        }
        if order.state() == orders_model::State::AwaitingPayment {
            return Err(Fault::Refused(RequestRefusal::NotPaid));
        }
        let amount = self.amount.read(order.currency).and_then(Money::positive);
        let amount = amount.map_err(|error| Fault::Refused(RequestRefusal::Amount(error)))?;
        let open = store::open_amount(tx.conn, order.shop_id, order.id).await?;
        let left = Money::new(order.refundable().minor.saturating_sub(open), order.currency);
        if amount.minor > left.minor {
            return Err(Fault::Refused(RequestRefusal::ExceedsOrder { left }));
        }
        let refund = Refund::asked(&order, amount, &self.reason, tx.now);
        store::insert(tx.conn, &refund).await?;
        tx.record(Entry {
            chain: Chain::Shop(order.shop_id),
            target: refund.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "order": order.id, "amount": amount.decimal() }),
        });
        tx.emit(Event {
            topic: events::REFUND_REQUESTED,
            shop: Some(order.shop_id),
            payload: json!({ "shop": order.shop_id, "refund": refund.id, "amount": amount.decimal() }),
        });
        Ok(Requested { refund })
    }
}
