//! What a payment password may be, and how one fails. Pure.

use crate::domains::accounts::password::LONGEST;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::AccountId;
use crate::kernel::{Instant, Text};

/// Fewest characters: six digits, as people know it.
pub const SHORTEST: usize = 6;

/// Proof that an account's payment password was compared and right. Only [`super::check()`] makes one; a command that relies on it
/// asks [`super::store::stands`] whether it is still that password, and open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whose it is.
    pub account: AccountId,
    pub(super) set_at: Instant,
}

/// Whether a text can be a payment password: long enough, and not one that everybody tries first.
#[must_use]
pub fn is_good(secret: &str) -> bool {
    let chars: Vec<u32> = secret.chars().take(LONGEST + 1).map(u32::from).collect();
    let steps = |step: i64| chars.windows(2).all(|pair| i64::from(pair[1]) - i64::from(pair[0]) == step);
    (SHORTEST..=LONGEST).contains(&chars.len()) && !steps(0) && !steps(1) && !steps(-1)
}

/// Why a payment password does not confirm, or is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFailure {
    /// The account has none.
    NotSet,
    /// It is another.
    Wrong {
        /// Tries that are left.
        left: u32,
    },
    /// It was wrong too often.
    Locked {
        /// Until when.
        until: Instant,
    },
    /// It was changed while it was compared, or locked.
    Changed,
    /// It cannot be one.
    TooSimple,
    /// It is the password of the log-in.
    SameAsLogin,
    /// The session must be stepped up to set one without the old one.
    StepUp,
    /// The same, by more than the password of the log-in.
    StrongStepUp,
}

impl Refusal for PasswordFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::NotSet => "PAYMENT_PASSWORD_NOT_SET",
            Self::Wrong { .. } => "PAYMENT_PASSWORD_WRONG",
            Self::Locked { .. } => "PAYMENT_PASSWORD_LOCKED",
            Self::Changed => "PAYMENT_PASSWORD_CHANGED",
            Self::TooSimple => "PAYMENT_PASSWORD_TOO_SIMPLE",
            Self::SameAsLogin => "PAYMENT_PASSWORD_SAME_AS_LOGIN",
            Self::StepUp | Self::StrongStepUp => "STEP_UP_REQUIRED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NotSet | Self::StepUp | Self::StrongStepUp => &[],
            Self::TooSimple | Self::SameAsLogin => &["password"],
            _ => &["paymentPassword"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NotSet => Text::new(
                "You have no payment password yet: call stepUp and then setPaymentPassword.",
                "您尚未设置支付密码,请先调用 stepUp 验证身份,再调用 setPaymentPassword。",
            ),
            Self::Wrong { left } => Text::made(
                format!("The payment password is wrong. Tries left: {left}."),
                format!("支付密码错误,还可尝试 {left} 次。"),
            ),
            Self::Locked { until } => {
                let at = until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!(
                        "The payment password is locked until {at}. Who forgot it calls stepUp and sets a new one."
                    ),
                    format!("支付密码已锁定至 {at}。忘记密码可调用 stepUp 验证身份后重新设置。"),
                )
            }
            Self::Changed => Text::new(
                "The payment password was changed or locked meanwhile. Enter it again.",
                "支付密码已变更或已锁定,请重新输入。",
            ),
            Self::TooSimple => Text::new(
                "A payment password has 6 to 256 characters, not all the same and not in sequence.",
                "支付密码为 6 到 256 个字符,不能全部相同或连续。",
            ),
            Self::SameAsLogin => {
                Text::new("The payment password must differ from that of the log-in.", "支付密码不能与登录密码相同。")
            }
            Self::StepUp => Text::new(
                "Without the old payment password the session must be confirmed first: call stepUp.",
                "未提供原支付密码,需要先验证身份:请调用 stepUp。",
            ),
            Self::StrongStepUp => Text::new(
                "Without the old payment password the session must be confirmed first, by more than the password of the log-in: call \
                 stepUp with a code to your phone or e-mail, your authenticator or a recovery code.",
                "未提供原支付密码,需要先用登录密码以外的方式验证身份:请使用手机或邮箱验证码、身份验证器或恢复码调用 stepUp。",
            ),
        }
    }
}
