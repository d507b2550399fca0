//! Why something is not paid, and not paid with.

use crate::kernel::fault::Refusal;
use crate::kernel::money::MoneyError;
use crate::kernel::{Money, Text};

/// Most methods that one payment tries.
pub const MOST_METHODS: usize = 5;

/// Why a bill is not paid, or a method not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// A method that is not the payer's, or was removed.
    MethodUnknown,
    /// A payment account that was not verified yet (requirement 1.8).
    MethodNotVerified,
    /// A card that has expired.
    MethodExpired,
    /// No method, more than [`MOST_METHODS`], or one twice.
    MethodsInvalid,
    /// The balance holds less than the bill, and no other method was named.
    BalanceTooLow,
    /// A payment of this bill waits for the gateway.
    UnderWay,
    /// The bill is paid.
    AlreadyPaid,
    /// The payer's balance would be more than a balance can be.
    BalanceFull,
    /// The amount is refused.
    Amount(MoneyError),
    /// More than may be put on a balance at a time.
    TopUpTooMuch {
        /// The most.
        most: Money,
    },
    /// Money from nowhere is for demo mode.
    TopUpOff,
    /// The shop that would get the money is closed for good.
    ShopClosed,
    /// The operator of the shop failed a review (requirement 2.9).
    SellingSuspended,
    /// The shop that would get the money is the payer's own (h09).
    PaysOneself,
}

impl Refusal for PaymentRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::MethodUnknown => "METHOD_UNKNOWN",
            Self::MethodNotVerified => "METHOD_NOT_VERIFIED",
            Self::MethodExpired => "METHOD_EXPIRED",
            Self::MethodsInvalid => "METHODS_INVALID",
            Self::BalanceTooLow => "BALANCE_TOO_LOW",
            Self::UnderWay => "PAYMENT_UNDER_WAY",
            Self::AlreadyPaid => "ALREADY_PAID",
            Self::BalanceFull => "BALANCE_FULL",
            Self::Amount(_) | Self::TopUpTooMuch { .. } => "INVALID_AMOUNT",
            Self::TopUpOff => "TOP_UP_OFF",
            Self::ShopClosed => "SHOP_CLOSED",
            Self::SellingSuspended => "SELLING_SUSPENDED",
            Self::PaysOneself => "PAYS_ONESELF",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::MethodUnknown
            | Self::MethodNotVerified
            | Self::MethodExpired
            | Self::MethodsInvalid
            | Self::BalanceTooLow => &["paymentMethodIds"],
            Self::Amount(_) | Self::TopUpTooMuch { .. } => &["amount"],
            _ => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::MethodUnknown => Text::new(
                "There is no such payment method of this account. Pick one of viewer.paymentMethods, or add one.",
                "该账号没有此付款方式,请从 viewer.paymentMethods 中选择或先添加。",
            ),
            Self::MethodNotVerified => Text::new(
                "The payment account is not verified yet. Verify it with verifyPaymentAccount and the code that was sent.",
                "支付账户尚未验证,请使用收到的验证码调用 verifyPaymentAccount 完成验证。",
            ),
            Self::MethodExpired => Text::new(
                "The card has expired. Use another one, or add the new card.",
                "银行卡已过期,请更换或重新添加。",
            ),
            Self::MethodsInvalid => {
                Text::new("Name 1 to 5 different payment methods.", "请指定 1 到 5 个不同的付款方式。")
            }
            Self::BalanceTooLow => Text::new(
                "The balance is less than what is due. Top it up, or name a card as well.",
                "余额不足,请充值或同时指定一张银行卡。",
            ),
            Self::UnderWay => Text::new(
                "A payment of this is under way. Wait for its result before you pay again.",
                "已有一笔付款正在处理,请等待结果后再支付。",
            ),
            Self::AlreadyPaid => Text::new("This is paid.", "已付款,无需重复支付。"),
            Self::BalanceFull => Text::new(
                "The balance cannot hold that much. Give back less, or let some of it be spent first.",
                "余额将超出上限,请减少金额或先使用部分余额。",
            ),
            Self::Amount(error) => error.text(),
            Self::TopUpTooMuch { most } => {
                Text::made(format!("At most {most} at a time."), format!("每次最多充值 {most}。"))
            }
            Self::TopUpOff => Text::new(
                "Balances are topped up from nowhere in demo mode only. Use a bank transfer, or pay by card.",
                "仅演示模式支持直接充值,请通过银行转账或使用银行卡付款。",
            ),
            Self::ShopClosed => Text::new(
                "The shop is closed, so nobody pays its orders any more. Buy elsewhere.",
                "店铺已关闭,其订单不能再付款,请选择其他店铺。",
            ),
            Self::SellingSuspended => Text::new(
                "The shop sells nothing at the moment. Pay later, or buy elsewhere.",
                "该店铺暂停销售,请稍后再付款或选择其他店铺。",
            ),
            Self::PaysOneself => Text::new(
                "The money would go to a shop of whoever pays. Pay with money of your own.",
                "该订单的收款店铺属于付款人本人,不能用此方式付款,请使用自己的付款方式。",
            ),
        }
    }
}
