//! What somebody shows to be believed once more.

use async_graphql::Enum;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::kernel::Instant;
use crate::kernel::Text;
use crate::kernel::fault::Refusal;
use crate::permissions::constraints::STEP_UP_LASTS;

/// How long a step-up is worth something when nobody says otherwise: 15 minutes.
pub const LASTS: TimeDelta = STEP_UP_LASTS;

/// The factors that somebody who found out the password does not have.
pub const STRONG: &[Factor] = &[Factor::Code, Factor::Totp, Factor::RecoveryCode];

/// What somebody shows to be believed once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
pub enum Factor {
    /// The password of whoever is logged in.
    Password,
    /// A code that is sent to a bound phone or e-mail address.
    Code,
    /// A code of the authenticator.
    Totp,
    /// One of the recovery codes, which are good once each.
    RecoveryCode,
}

impl Factor {
    /// Every factor.
    pub const ALL: &'static [Self] = &[Self::Password, Self::Code, Self::Totp, Self::RecoveryCode];

    /// As the database and the extensions of a denial have it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::Code => "CODE",
            Self::Totp => "TOTP",
            Self::RecoveryCode => "RECOVERY_CODE",
        }
    }

    /// Reads what [`Factor::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|factor| factor.text() == text)
    }

    /// How people call it.
    #[must_use]
    pub const fn words(self) -> Text {
        match self {
            Self::Password => Text::new("password", "密码"),
            Self::Code => Text::new("a code to your phone or e-mail", "手机或邮箱验证码"),
            Self::Totp => Text::new("your authenticator", "身份验证器"),
            Self::RecoveryCode => Text::new("a recovery code", "恢复码"),
        }
    }
}

/// Why a session is not made strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUpRefusal {
    /// No phone and no e-mail address is bound that a code could go to.
    NoContact,
    /// Too many codes were sent, or tries failed.
    Later {
        /// When it can be tried again.
        again_at: Instant,
    },
}

impl Refusal for StepUpRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NoContact => "NO_CONTACT",
            Self::Later { .. } => "CODE_SENDS_USED_UP",
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NoContact => Text::new(
                "No phone and no e-mail address is bound that a code could go to. Use another factor, or bind one.",
                "尚未绑定手机号或邮箱,无法发送验证码。请使用其他验证方式或先绑定。",
            ),
            Self::Later { again_at } => {
                let at = again_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!("Too many codes were sent. Ask again after {at}."),
                    format!("验证码发送次数过多,请在 {at} 之后重试。"),
                )
            }
        }
    }
}
