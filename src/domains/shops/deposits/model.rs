//! Deposits. Pure.

use serde::{Deserialize, Serialize};

use crate::domains::payments::PaymentRefusal;
use crate::kernel::fault::Refusal;
use crate::kernel::money::MoneyError;
use crate::kernel::{Instant, Money, Text};

/// What a shop's deposit holds and what is wanted of it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Standing {
    /// What it holds.
    pub held: Money,
    /// What all that is listed wants.
    pub required: Money,
}

impl Standing {
    /// How much is missing (requirement 2.12); nothing is zero.
    #[must_use]
    pub fn missing(&self) -> Money {
        Money::new(self.required.minor.saturating_sub(self.held.minor).max(0), self.held.currency)
    }
}

/// Why a deposit is not moved, or a shop not closed.
#[derive(Debug)]
pub enum DepositRefusal {
    /// The amount is refused.
    Amount(MoneyError),
    /// The reason has characters or a length that reasons cannot have.
    ReasonInvalid,
    /// The deposit holds less.
    TooLow {
        /// What it holds, if that is known.
        held: Option<Money>,
    },
    /// More than is left of the order.
    ExceedsOrder {
        /// What is left: paid, less given back.
        left: Money,
    },
    /// It is not paid.
    Payment(PaymentRefusal),
    /// Nobody has paid the order.
    OrderNotPaid,
    /// The shop is closed.
    Closed,
    /// Refunds wait to be decided.
    OpenRefunds,
    /// A payment to the shop is under way.
    PaymentUnderWay,
    /// Buyers may still lose money.
    OrdersUnderWay {
        /// Until when, if every order is settled.
        until: Option<Instant>,
    },
    /// Closing was not confirmed.
    NotConfirmed,
}

impl Refusal for DepositRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Amount(_) => "INVALID_AMOUNT",
            Self::ReasonInvalid => "REASON_INVALID",
            Self::TooLow { .. } => "DEPOSIT_TOO_LOW",
            Self::ExceedsOrder { .. } => "EXCEEDS_ORDER",
            Self::Payment(refusal) => refusal.code(),
            Self::OrderNotPaid => "ORDER_NOT_PAID",
            Self::Closed => "SHOP_CLOSED",
            Self::OpenRefunds => "OPEN_REFUNDS",
            Self::PaymentUnderWay => "PAYMENT_UNDER_WAY",
            Self::OrdersUnderWay { .. } => "ORDERS_UNDER_WAY",
            Self::NotConfirmed => "NOT_CONFIRMED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Amount(_) | Self::TooLow { .. } | Self::ExceedsOrder { .. } => &["amount"],
            Self::ReasonInvalid => &["reason"],
            Self::Payment(refusal) => refusal.field(),
            Self::OrderNotPaid => &["orderId"],
            Self::NotConfirmed => &["confirmed"],
            Self::Closed | Self::OpenRefunds | Self::PaymentUnderWay | Self::OrdersUnderWay { .. } => &["shopId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Amount(error) => error.text(),
            Self::ReasonInvalid => Text::new("A reason has 1 to 500 characters.", "原因为 1 到 500 个字符。"),
            Self::TooLow { held: None } => Text::new(
                "The deposit holds less than that by now. See shop.deposit, and take less.",
                "保证金余额不足,请查看 shop.deposit 后减少金额。",
            ),
            Self::ExceedsOrder { left } => Text::made(
                format!("At most {left} is left of this order; nobody gets back more than was paid."),
                format!("该订单最多还可赔付 {left},赔付与退款合计不能超过实付金额。"),
            ),
            Self::TooLow { held: Some(held) } => Text::made(
                format!("The deposit holds {held}. Take that much at most."),
                format!("保证金余额为 {held},最多可扣除该金额。"),
            ),
            Self::Payment(refusal) => refusal.message(),
            Self::OrderNotPaid => {
                Text::new("The order is not paid, so there is nothing to compensate.", "订单尚未付款,无需赔付。")
            }
            Self::Closed => Text::new("The shop is closed.", "店铺已关闭。"),
            Self::OpenRefunds => Text::new(
                "Refunds wait to be decided. Approve or reject them before you close the shop.",
                "仍有待处理的退款,请处理完成后再关闭店铺。",
            ),
            Self::PaymentUnderWay => Text::new(
                "A payment to the shop is under way. Close the shop once that is settled.",
                "有付款正在处理,请完成后再关闭店铺。",
            ),
            Self::OrdersUnderWay { until: None } => Text::new(
                "Orders are paid and not settled. Close the shop once their buyers confirmed the receipt, or the time for that is over.",
                "仍有已付款未结算的订单,请待买家确认收货或到期结算后再关闭店铺。",
            ),
            Self::OrdersUnderWay { until: Some(until) } => {
                let until = until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!(
                        "Buyers may still win a dispute about an order that was settled lately. Close the shop from {until} on."
                    ),
                    format!("近期结算的订单仍可能发生争议,请在 {until} 之后再关闭店铺。"),
                )
            }
            Self::NotConfirmed => Text::new(
                "Closing has to be confirmed: set `confirmed` to true. What is left of the deposit goes to the main account's balance.",
                "关闭店铺需要确认:请将 confirmed 设为 true。剩余保证金将退至主账号余额。",
            ),
        }
    }
}
