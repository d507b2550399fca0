//! Methods and their states. Pure.

use chrono::Datelike;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::payment_methods;
use crate::domains::accounts::codes::SendRefusal;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, PaymentMethodId};
use crate::kernel::{Instant, Text};

/// What a log-in name of a payment account is sealed and hashed for.
pub const HANDLE: &str = "payment.handle";
/// What a vault's token is sealed for.
pub const TOKEN: &str = "payment.token";
/// Most methods that an account adds within a day, so that nobody tries out cards with it.
pub const MOST_A_DAY: i64 = 20;

/// What kind of method it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MethodKind {
    /// The payment account's balance.
    Balance,
    /// A debit card.
    DebitCard,
    /// A credit card.
    CreditCard,
}

impl MethodKind {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Balance => "BALANCE",
            Self::DebitCard => "DEBIT_CARD",
            Self::CreditCard => "CREDIT_CARD",
        }
    }

    /// Reads what [`MethodKind::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "BALANCE" => Self::Balance,
            "CREDIT_CARD" => Self::CreditCard,
            _ => Self::DebitCard,
        }
    }
}

/// A payment account or a card.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = payment_methods)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Method {
    /// Whose it is.
    pub account_id: AccountId,
    /// The id.
    pub id: PaymentMethodId,
    /// See [`MethodKind`].
    pub kind: String,
    /// `PENDING` until a payment account is verified, `ACTIVE`, `REMOVED`.
    pub state: String,
    /// What it is called: a masked log-in name, or the brand and the last four digits.
    pub label: String,
    /// The brand of a card.
    pub brand: Option<String>,
    /// The last four digits of a card.
    pub last_four: Option<String>,
    /// The last year in which a card is good.
    pub expiry_year: Option<i32>,
    /// And the last month of it.
    pub expiry_month: Option<i32>,
    /// When it was added.
    pub created_at: Instant,
    /// When it was verified.
    pub verified_at: Option<Instant>,
}

impl Method {
    /// What kind of method it is.
    #[must_use]
    pub fn kind(&self) -> MethodKind {
        MethodKind::parse(&self.kind)
    }

    /// Whether it may pay: verified, not removed.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }

    /// Whether it is a card whose last month is over everywhere.
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        self.expiry_year.zip(self.expiry_month).is_some_and(|(year, month)| is_over(year, month, now))
    }
}

/// Whether a month is over in every time zone.
#[must_use]
pub fn is_over(year: i32, month: i32, now: Instant) -> bool {
    let earliest = now - chrono::TimeDelta::hours(12);
    (earliest.year(), i32::try_from(earliest.month()).unwrap_or(0)) > (year, month)
}

/// Why a method is not added, verified or removed.
#[derive(Debug)]
pub enum MethodRefusal {
    /// The log-in name is no phone number and no e-mail address.
    HandleInvalid,
    /// The account has a payment account.
    AccountExists,
    /// Another account has verified it.
    HandleTaken,
    /// It is no card number.
    CardInvalid,
    /// The card has expired, or says that it is good for longer than cards are.
    ExpiryInvalid,
    /// The vault does not take the card.
    CardRefused,
    /// Cards are not set up here.
    CardsOff,
    /// The vault does not answer.
    VaultFault,
    /// Too many were added today.
    TooMany,
    /// A payment by it is under way.
    InUse,
    /// It is not there to be verified.
    NothingToVerify,
    /// No code is sent.
    Send(SendRefusal),
}

impl Refusal for MethodRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::HandleInvalid => "HANDLE_INVALID",
            Self::AccountExists => "PAYMENT_ACCOUNT_EXISTS",
            Self::HandleTaken => "HANDLE_TAKEN",
            Self::CardInvalid => "CARD_NUMBER_INVALID",
            Self::ExpiryInvalid => "CARD_EXPIRY_INVALID",
            Self::CardRefused => "CARD_REFUSED",
            Self::CardsOff => "CARDS_NOT_AVAILABLE",
            Self::VaultFault => "VAULT_FAULT",
            Self::TooMany => "METHOD_LIMIT",
            Self::InUse => "METHOD_IN_USE",
            Self::NothingToVerify => "NOTHING_TO_VERIFY",
            Self::Send(refusal) => refusal.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::HandleInvalid | Self::HandleTaken => &["handle"],
            Self::CardInvalid | Self::CardRefused => &["number"],
            Self::ExpiryInvalid => &["expiryMonth"],
            Self::InUse | Self::NothingToVerify => &["paymentMethodId"],
            _ => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::HandleInvalid => Text::new(
                "A payment account is named by a mobile number with its country, or by an e-mail address.",
                "支付账户请填写手机号(含国家或地区代码)或邮箱地址。",
            ),
            Self::AccountExists => Text::new(
                "This account has a payment account. Remove it before you add another one.",
                "已绑定支付账户,如需更换请先移除。",
            ),
            Self::HandleTaken => Text::new(
                "This payment account is verified for another account. If it is yours, ask support to release it.",
                "该支付账户已被其他账号验证。如果属于您本人,请联系客服处理。",
            ),
            Self::CardInvalid => {
                Text::new("This is not a card number. Check its digits.", "不是有效的银行卡号,请检查。")
            }
            Self::ExpiryInvalid => Text::new(
                "The card has expired, or the date is wrong. Copy month and year from the card.",
                "银行卡已过期或有效期填写错误,请按卡面填写。",
            ),
            Self::CardRefused => {
                Text::new("This card is not accepted. Use another one.", "不支持该银行卡,请使用其他银行卡。")
            }
            Self::CardsOff => Text::new(
                "Cards cannot be used here. Pay with a payment account.",
                "当前未开通银行卡支付,请使用支付账户。",
            ),
            Self::VaultFault => Text::new(
                "The card could not be kept: the provider does not answer. Try again shortly.",
                "银行卡绑定失败:服务商无响应,请稍后重试。",
            ),
            Self::TooMany => Text::new(
                "Too many payment methods were added today. Try again tomorrow.",
                "今日添加付款方式次数过多,请明天再试。",
            ),
            Self::InUse => Text::new(
                "A payment by this method is under way. Remove it once that is settled.",
                "该付款方式有付款正在处理,请完成后再移除。",
            ),
            Self::NothingToVerify => Text::new(
                "There is no payment account to verify by this id. Add one with addPaymentAccount.",
                "没有待验证的支付账户,请先调用 addPaymentAccount。",
            ),
            Self::Send(refusal) => refusal.message(),
        }
    }
}

impl From<SendRefusal> for MethodRefusal {
    fn from(refusal: SendRefusal) -> Self {
        Self::Send(refusal)
    }
}
