//! Why a relation does not pay. Each reason has its own code; a limit says what is left and when it resets.

use crate::domains::intimate_pay::passwords::PasswordFailure;
use crate::domains::payments::PaymentRefusal;
use crate::kernel::Text;
use crate::kernel::fault::{Denial, Refusal};
use crate::permissions::constraints::{Use, Violation};
use crate::permissions::denial;

use super::super::relations::model::{IntimatePay, Step};

/// Why a relation does not pay.
#[derive(Debug)]
pub enum UseRefusal {
    /// It is frozen.
    Frozen,
    /// It has ended.
    Ended,
    /// The payer's account is disabled, or restricted until something is confirmed.
    PayerUnavailable,
    /// A step is missing (requirement 0.5).
    Missing(Step),
    /// The category may not be bought.
    Category(String),
    /// The order is in another currency.
    Currency,
    /// A limit stands in the way.
    Limit(Box<Denial>),
    /// The payment password does not confirm.
    Password(PasswordFailure),
    /// No method pays, or the order is paid.
    Payment(PaymentRefusal),
    /// No limit refuses it: it needs no asking.
    NotRefused,
    /// The payer was asked already.
    AskedAlready,
    /// The request was answered, or has lapsed; its state.
    NotPending(&'static str),
    /// The order is not what was asked for any more.
    OrderChanged,
}

impl UseRefusal {
    /// A limit of a relation that stands in the way.
    #[must_use]
    pub fn limit(relation: &IntimatePay, intended: &Use, violation: Violation) -> Self {
        Self::Limit(Box::new(denial::describe(violation, relation.currency, intended)))
    }

    /// Whether asking the payer may help (requirement 0.12).
    #[must_use]
    pub fn can_be_asked(&self) -> bool {
        match self {
            Self::Category(_) => true,
            Self::Limit(denial) => denial.reason != "STEP_UP_REQUIRED",
            _ => false,
        }
    }
}

impl Refusal for UseRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Frozen => "RELATION_FROZEN",
            Self::Ended => "RELATION_ENDED",
            Self::PayerUnavailable => "PAYER_UNAVAILABLE",
            Self::Missing(Step::Method) => "METHOD_MISSING",
            Self::Missing(Step::PaymentPassword) => "PAYER_PASSWORD_MISSING",
            Self::Category(_) => "CATEGORY_NOT_ALLOWED",
            Self::Currency => "CURRENCY_DIFFERS",
            Self::Limit(denial) => denial.reason,
            Self::Password(failure) => failure.code(),
            Self::Payment(refusal) => refusal.code(),
            Self::NotRefused => "NO_LIMIT_REFUSES",
            Self::AskedAlready => "ASKED_ALREADY",
            Self::NotPending(state) => state,
            Self::OrderChanged => "ORDER_CHANGED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Frozen | Self::Ended | Self::PayerUnavailable | Self::Missing(_) => &["intimatePayId"],
            Self::Category(_) | Self::Currency | Self::Limit(_) | Self::Payment(_) | Self::NotRefused => &["orderId"],
            Self::Password(failure) => failure.field(),
            Self::AskedAlready => &["orderId"],
            Self::NotPending(_) | Self::OrderChanged => &["requestId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Frozen => Text::new(
                "The relation is frozen because a payment was reported. The payer can let it go on.",
                "该亲密付因可疑付款已被冻结,付款人可解除冻结。",
            ),
            Self::Ended => {
                Text::new("The relation has ended. Pay by other means.", "该亲密付已结束,请使用其他付款方式。")
            }
            Self::PayerUnavailable => Text::new(
                "The payer's account cannot pay at present. Ask the payer, or pay by other means.",
                "付款人账号暂时无法付款,请联系付款人或使用其他付款方式。",
            ),
            Self::Missing(Step::Method) => Text::new(
                "The payer has not picked a payment method yet: setIntimatePayMethods.",
                "付款人尚未选择付款方式(setIntimatePayMethods)。",
            ),
            Self::Missing(Step::PaymentPassword) => Text::new(
                "The payer has not set a payment password yet: setPaymentPassword.",
                "付款人尚未设置支付密码(setPaymentPassword)。",
            ),
            Self::Category(category) => Text::made(
                format!("The payer does not allow purchases of the category {category}. Ask the payer with askToPay."),
                format!("付款人不允许购买“{category}”类商品,可使用 askToPay 请求付款人代付。"),
            ),
            Self::Currency => {
                Text::new("The order is in another currency than the relation.", "订单币种与亲密付币种不一致。")
            }
            Self::Limit(denial) => limited(denial),
            Self::Password(failure) => failure.message(),
            Self::Payment(refusal) => refusal.message(),
            Self::NotRefused => Text::new(
                "No limit refuses this order: pay it with payWithIntimatePay.",
                "该订单未超出限额,请直接使用 payWithIntimatePay 支付。",
            ),
            Self::AskedAlready => Text::new(
                "The payer was asked for this order already. Wait for the answer.",
                "已向付款人发起请求,请等待回应。",
            ),
            Self::NotPending(_) => {
                Text::new("The request was answered or has lapsed. Ask again.", "该请求已处理或已失效,请重新发起。")
            }
            Self::OrderChanged => {
                Text::new("The order is not what was asked for any more. Ask again.", "订单内容已变更,请重新发起请求。")
            }
        }
    }
}

/// The words of the engine, and when it resets.
fn limited(denial: &Denial) -> Text {
    let said = denial.message.clone().unwrap_or(Text::new("A limit stands in the way.", "超出限额。"));
    match &denial.resets_at {
        Some(at) => Text::made(format!("{} It resets at {at}.", said.en), format!("{}{at} 起重新计算。", said.zh)),
        None => said,
    }
}
