//! Campaigns, and how a budget is split. Pure: randomness is passed in.

use diesel::prelude::*;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::db::schema::red_packets;
use crate::domains::payments::PaymentRefusal;
use crate::domains::shops::muted::MUTED;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, RedPacketId, ShopId};
use crate::kernel::money::MoneyError;
use crate::kernel::{Currency, Instant, Money, Text};

/// Most shares of a campaign.
pub const MOST_SHARES: i32 = 1_000;
/// Most days that a campaign runs, and lies ahead.
pub const MOST_DAYS: i64 = 90;

/// How a budget is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Split {
    /// Each the same; what cannot be divided goes to the first ones, a minor unit each.
    Equal,
    /// At random, each at least one minor unit and at most twice the mean of what is left.
    Random,
}

impl Split {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Equal => "EQUAL",
            Self::Random => "RANDOM",
        }
    }
}

/// Splits a budget of at least one minor unit for each share. The sum is the budget; nobody gets nothing.
#[must_use]
pub fn split(budget: i64, shares: i32, how: Split, random: &mut impl Rng) -> Vec<i64> {
    let (mut left, count) = (budget, i64::from(shares.max(1)));
    (0..count)
        .map(|at| {
            let remaining = count - at;
            let share = match how {
                Split::Equal => left / remaining + i64::from(left % remaining > 0),
                Split::Random if remaining == 1 => left,
                Split::Random => {
                    let mean = left / remaining;
                    // What the others need at least stays.
                    let most = mean.saturating_mul(2).min(left - (remaining - 1)).max(1);
                    random.random_range(1..=most)
                }
            };
            left -= share;
            share
        })
        .collect()
}

/// A campaign.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = red_packets)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct RedPacket {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: RedPacketId,
    /// Whose balance funded it.
    pub funder_id: AccountId,
    /// What it is called.
    pub name: String,
    /// The budget, in minor units.
    pub budget_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// See [`Split`].
    pub split: String,
    /// How many shares there are.
    pub shares: i32,
    /// How many were claimed.
    pub claimed: i32,
    /// What they were worth, in minor units.
    pub claimed_minor: i64,
    /// From when it can be claimed.
    pub starts_at: Instant,
    /// Until when, not included.
    pub ends_at: Instant,
    /// `OPEN` or `ENDED`.
    pub state: String,
    /// Who sent it.
    pub sent_by: String,
    /// When.
    pub sent_at: Instant,
}

impl RedPacket {
    /// The budget.
    #[must_use]
    pub fn budget(&self) -> Money {
        Money::new(self.budget_minor, self.currency)
    }

    /// What is left of it.
    #[must_use]
    pub fn left(&self) -> Money {
        Money::new(self.budget_minor - self.claimed_minor, self.currency)
    }
}

/// Why none is sent or claimed.
#[derive(Debug)]
pub enum PacketRefusal {
    /// The budget is refused.
    Amount(MoneyError),
    /// No shares, too many, or more than the budget has minor units.
    SharesInvalid,
    /// The name has characters or a length that names cannot have.
    NameInvalid,
    /// The window is over before it begins, or too long.
    WindowInvalid,
    /// The main account's balance holds less than the budget.
    Payment(PaymentRefusal),
    /// The grant wants a second approver, which campaigns do not have.
    SecondApprover,
    /// Buyers read its name, and what the sub-account writes does not reach them (requirement 4.5).
    Muted,
    /// The shop is closed: nobody there spends the main account's balance any more (requirement 2.13).
    Closed,
    /// It is the shop's own.
    OwnShop,
    /// It cannot be claimed yet.
    NotYet {
        /// From when.
        from: Instant,
    },
    /// It is over.
    Over,
    /// All shares are claimed.
    Gone,
    /// This buyer has one.
    Yours,
}

impl Refusal for PacketRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Amount(_) => "INVALID_AMOUNT",
            Self::SharesInvalid => "SHARES_INVALID",
            Self::NameInvalid => "NAME_INVALID",
            Self::WindowInvalid => "WINDOW_INVALID",
            Self::Payment(refusal) => refusal.code(),
            Self::SecondApprover => "SECOND_APPROVER_NEEDED",
            Self::Muted => "MUTED",
            Self::Closed => "SHOP_CLOSED",
            Self::OwnShop => "OWN_SHOP",
            Self::NotYet { .. } => "RED_PACKET_NOT_YET",
            Self::Over => "RED_PACKET_OVER",
            Self::Gone => "RED_PACKET_GONE",
            Self::Yours => "RED_PACKET_CLAIMED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Amount(_) | Self::Payment(_) => &["budget"],
            Self::SharesInvalid => &["shares"],
            Self::NameInvalid | Self::Muted => &["name"],
            Self::WindowInvalid => &["endsAt"],
            Self::SecondApprover => &[],
            Self::Closed => &["shopId"],
            _ => &["redPacketId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Amount(error) => error.text(),
            Self::SharesInvalid => Text::new(
                "A red packet has 1 to 1,000 shares, and at least one minor unit of money for each.",
                "红包个数为 1 到 1000,且每个红包至少 1 分。",
            ),
            Self::NameInvalid => Text::new("A name has 1 to 40 printable characters.", "名称为 1 到 40 个可见字符。"),
            Self::WindowInvalid => Text::new(
                "It ends after it starts and after now, and within 90 days.",
                "结束时间须晚于开始时间和当前时间,且在 90 天以内。",
            ),
            Self::Payment(_) => Text::new(
                "The main account's balance is less than the budget. Top it up, or send less.",
                "主账号余额不足,请充值或减少红包金额。",
            ),
            Self::SecondApprover => Text::new(
                "Your grant wants a second approver for this amount. Ask somebody with a higher limit to send it.",
                "该金额需要二次审批,请由额度更高的人员发放。",
            ),
            Self::Muted => MUTED,
            Self::Closed => Text::new("The shop is closed.", "店铺已关闭。"),
            Self::OwnShop => Text::new("Nobody claims the red packets of their own shop.", "不能领取自己店铺的红包。"),
            Self::NotYet { from } => {
                let at = from.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(format!("It can be claimed from {at} on."), format!("红包将于 {at} 开始领取。"))
            }
            Self::Over => Text::new("It is over.", "红包活动已结束。"),
            Self::Gone => Text::new("All of it was claimed.", "红包已被领完。"),
            Self::Yours => Text::new("You have claimed one.", "您已领取过该红包。"),
        }
    }
}
