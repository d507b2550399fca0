//! The channels of notifications (requirement 3.12).

use async_graphql::Enum;
use serde::{Deserialize, Serialize};

use crate::kernel::Text;
use crate::kernel::fault::Refusal;

/// What a notification is about; each channel can be switched off but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "UPPERCASE")]
#[graphql(name = "NotificationChannel")]
pub enum Channel {
    /// Orders, refunds and payments (交易).
    Transactions,
    /// What people and shops do: invitations, staff, campaigns (活动).
    Activities,
    /// The security of the account (安全). Cannot be switched off.
    Security,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Transactions, Self::Activities, Self::Security];

    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Transactions => "TRANSACTIONS",
            Self::Activities => "ACTIVITIES",
            Self::Security => "SECURITY",
        }
    }

    /// Reads what [`Channel::text`] wrote; what it did not write is an activity.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|channel| channel.text() == text).unwrap_or(Self::Activities)
    }

    /// The channel of a topic.
    #[must_use]
    pub fn of(topic: &str) -> Self {
        // A reported payment is an alarm, whatever else is said of the relation.
        if ["intimate_pay.frozen", "intimate_pay.unfrozen"].contains(&topic) {
            return Self::Security;
        }
        match topic.split_once('.').map_or(topic, |(first, _)| first) {
            // What a certification asks for and what a password of payments becomes must reach their account as well.
            "security" | "contact" | "certification" | "review" | "payment_password" | "payment_account"
            | "payment_method" => Self::Security,
            "refund" | "order" | "payment" | "pay_request" | "intimate_pay" | "deposit" | "red_packet" | "funds"
            | "violation" => Self::Transactions,
            _ => Self::Activities,
        }
    }
}

/// Why a channel is not switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchRefusal {
    /// Whoever gets into an account must not be able to silence its alarms.
    AlwaysOn,
}

impl Refusal for SwitchRefusal {
    fn code(&self) -> &'static str {
        "SECURITY_ALWAYS_ON"
    }

    fn field(&self) -> &'static [&'static str] {
        &["channel"]
    }

    fn message(&self) -> Text {
        Text::new(
            "Notifications about the security of the account cannot be switched off. Switch TRANSACTIONS or ACTIVITIES.",
            "账号安全通知不能关闭,只能开关 TRANSACTIONS 或 ACTIVITIES。",
        )
    }
}
