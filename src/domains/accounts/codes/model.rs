//! What codes are for, and how one can fail.

use serde::{Deserialize, Serialize};

use crate::kernel::fault::Refusal;
use crate::kernel::{Instant, Locale, Text};
use crate::providers::messages::Channel;

/// What a code is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To bind a number or an address.
    Bind,
    /// To put it in the place of another.
    Change,
    /// To unbind it.
    Unbind,
    /// To verify a payment account (requirement 1.8).
    PaymentAccount,
    /// To log in from a device that is not known.
    LogIn,
    /// To recover an account whose password is lost.
    Recover,
    /// To make a session strong.
    StepUp,
    /// To log in as a sub-account (requirement 4.20).
    StaffLogIn,
}

impl Purpose {
    /// The key under which the code of a purpose and a way is kept.
    #[must_use]
    pub fn key(self, channel: Channel) -> String {
        format!("{}.{}", self.word(), channel.text())
    }

    /// The template of the message, e.g. `code.bind`.
    #[must_use]
    pub fn template(self) -> String {
        format!("code.{}", self.word().to_ascii_lowercase())
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Bind => "BIND",
            Self::Change => "CHANGE",
            Self::Unbind => "UNBIND",
            Self::PaymentAccount => "PAYMENT_ACCOUNT",
            Self::LogIn => "LOG_IN",
            Self::Recover => "RECOVER",
            Self::StepUp => "STEP_UP",
            Self::StaffLogIn => "STAFF_LOG_IN",
        }
    }

    const fn doing(self) -> Text {
        match self {
            Self::Bind => Text::new("bind this contact", "绑定该联系方式"),
            Self::Change => Text::new("make this your new contact", "更换为该联系方式"),
            Self::Unbind => Text::new("unbind this contact", "解绑该联系方式"),
            Self::PaymentAccount => Text::new("verify this payment account", "验证该支付账户"),
            Self::LogIn => Text::new("log in from a new device", "在新设备上登录"),
            Self::Recover => Text::new("set a new password", "重设密码"),
            Self::StepUp => Text::new("confirm that it is you", "验证身份"),
            Self::StaffLogIn => Text::new("log in to your sub-account", "登录子账号"),
        }
    }

    /// What the message says.
    #[must_use]
    pub fn text(self, code: &str, minutes: u32, locale: Locale) -> String {
        let doing = self.doing();
        match locale {
            Locale::En => format!(
                "Kith: {code} is your code to {}. It is good for {minutes} minutes. Give it to nobody.",
                doing.get(locale)
            ),
            Locale::ZhCn => {
                format!("【Kith】{code} 是您用于{}的验证码,{minutes} 分钟内有效,请勿告知他人。", doing.get(locale))
            }
        }
    }
}

impl Purpose {
    /// What a message says that carries a link.
    #[must_use]
    pub fn text_of_link(self, link: &str, minutes: u32, locale: Locale) -> String {
        let doing = self.doing();
        match locale {
            Locale::En => format!(
                "Kith: follow {link} to {}. It is good once, for {minutes} minutes. Give it to nobody.",
                doing.get(locale)
            ),
            Locale::ZhCn => format!(
                "【Kith】请打开 {link} 以{}。链接仅可使用一次,{minutes} 分钟内有效,请勿告知他人。",
                doing.get(locale)
            ),
        }
    }
}

/// What became of a code that was given.
#[derive(Debug, Serialize, Deserialize)]
pub enum Checked<T> {
    /// It was right, and this was done.
    Right(T),
    /// It was not; the try is counted.
    Wrong(CodeFailure),
}

/// Why a code does nothing. Each has its own code (requirement 3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeFailure {
    /// It is not the code that was sent.
    Wrong {
        /// Tries that are left.
        left: i32,
    },
    /// It lived too long.
    Expired,
    /// It was wrong too often.
    TriesUsedUp,
    /// It was used already, or none was asked for.
    NotAsked,
    /// The message could not be sent: there is no code to know.
    NotSent,
    /// It is not what the authenticator shows, or it was used already.
    NotShown,
    /// It is no recovery code, or it was used already.
    NoRecoveryCode,
    /// Too many were wrong in a row.
    Later {
        /// When it can be tried again.
        again_at: Instant,
    },
}

impl Refusal for CodeFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::Wrong { .. } => "CODE_WRONG",
            Self::Expired => "CODE_EXPIRED",
            Self::TriesUsedUp => "CODE_TRIES_USED_UP",
            Self::NotAsked => "CODE_NOT_ASKED",
            Self::NotSent => "CODE_NOT_SENT",
            Self::NotShown => "TOTP_WRONG",
            Self::NoRecoveryCode => "RECOVERY_CODE_WRONG",
            Self::Later { .. } => "TOO_MANY_TRIES",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NotShown => &["totp"],
            Self::NoRecoveryCode => &["recoveryCode"],
            Self::Later { .. } => &[],
            _ => &["code"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Wrong { left } => Text::made(
                format!("This is not the code that was sent. Tries left: {left}."),
                format!("验证码错误,还可尝试 {left} 次。"),
            ),
            Self::Expired => Text::new("The code has expired. Ask for a new one.", "验证码已过期,请重新获取。"),
            Self::TriesUsedUp => Text::new(
                "The code was wrong too often and is void. Ask for a new one.",
                "验证码错误次数过多,已失效,请重新获取。",
            ),
            Self::NotAsked => Text::new(
                "There is no code for this, or it was used already. Ask for a new one.",
                "没有可用的验证码或已被使用,请重新获取。",
            ),
            Self::NotSent => Text::new(
                "The code could not be sent: the provider has a fault, or does not reach this recipient. Ask for it again.",
                "验证码发送失败:服务商故障或无法送达。请重新获取。",
            ),
            Self::NotShown => Text::new(
                "This is not what the authenticator shows now, or it was used already. Wait for the next one.",
                "验证器动态码错误或已被使用,请等待下一个动态码。",
            ),
            Self::NoRecoveryCode => Text::new(
                "This is none of your recovery codes, or it was used already. Take another one.",
                "恢复码错误或已被使用,请换用其他恢复码。",
            ),
            Self::Later { again_at } => {
                let at = again_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!("Too many tries failed. Wait until {at}."),
                    format!("失败次数过多,请在 {at} 之后重试。"),
                )
            }
        }
    }
}

/// Why a code is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendRefusal {
    /// Too many were sent for this purpose, or to this recipient.
    UsedUp {
        /// When it can be asked for again.
        again_at: Instant,
    },
}

impl Refusal for SendRefusal {
    fn code(&self) -> &'static str {
        "CODE_SENDS_USED_UP"
    }

    fn message(&self) -> Text {
        let Self::UsedUp { again_at } = self;
        let at = again_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        Text::made(
            format!("Too many codes were sent. Ask again after {at}."),
            format!("验证码发送次数过多,请在 {at} 之后重试。"),
        )
    }
}
