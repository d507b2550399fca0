//! Why an account is restricted.

use async_graphql::Enum;

use crate::kernel::Text;
use crate::kernel::fault::Refusal;

/// Why an account is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "RestrictionReason")]
pub enum Reason {
    /// A refresh token was used twice: somebody may have copied it.
    TokenReused,
    /// Somebody knew the password and tried to guess the code for a new device.
    CodeGuessed,
}

impl Reason {
    const ALL: [Self; 2] = [Self::TokenReused, Self::CodeGuessed];

    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::TokenReused => "TOKEN_REUSED",
            Self::CodeGuessed => "CODE_GUESSED",
        }
    }

    /// Reads what [`Reason::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.text() == text)
    }

    /// What to tell the owner.
    #[must_use]
    pub const fn words(self) -> Text {
        match self {
            Self::TokenReused => Text::new(
                "A session of yours was continued from two places, so somebody may have copied it. Look at your sessions, then \
                 confirm with confirmActivity.",
                "您的会话在两处被续期,可能已被复制。请检查会话列表,然后通过 confirmActivity 确认。",
            ),
            Self::CodeGuessed => Text::new(
                "Somebody knows your password and tried to guess the code for a new device. If it was not you, set a new password \
                 with requestRecovery; otherwise confirm with confirmActivity.",
                "有人使用您的密码并多次尝试新设备验证码。如非本人操作,请通过 requestRecovery 重设密码;否则请通过 confirmActivity 确认。",
            ),
        }
    }
}

/// Why there is nothing to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmRefusal {
    /// The account is not restricted.
    NotRestricted,
}

impl Refusal for ConfirmRefusal {
    fn code(&self) -> &'static str {
        "NOT_RESTRICTED"
    }

    fn message(&self) -> Text {
        Text::new("This account is not restricted: there is nothing to confirm.", "该账号未受限,无需确认。")
    }
}
