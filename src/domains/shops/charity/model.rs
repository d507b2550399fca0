//! What is given, and what stands of it. Pure.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::charity_organisations;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{OrderId, OrganisationId, ShopId};
use crate::kernel::money::MoneyError;
use crate::kernel::{Instant, Money, Text, names};

/// All of a sale, in basis points.
pub const WHOLE: i32 = 10_000;
/// Most characters of an organisation's name, and of its website.
pub const LONGEST_NAME: usize = 80;
const LONGEST_WEBSITE: usize = 200;

/// What an item gives of each sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Giving {
    /// A share, in basis points: 1 to [`WHOLE`].
    Share(i32),
    /// An amount, in minor units; above zero.
    Amount(i64),
}

impl Giving {
    /// What a sale of `total` minor units gives: a share rounded down, an amount up to the sale.
    #[must_use]
    pub fn of(self, total: i64) -> i64 {
        match self {
            Self::Share(points) => part(total, i64::from(points.clamp(0, WHOLE)), i64::from(WHOLE)),
            Self::Amount(minor) => minor.clamp(0, total.max(0)),
        }
    }
}

/// What stands of a gift when `refunded` of `total` was given back: in proportion, rounded down.
#[must_use]
pub fn standing(gift: i64, total: i64, refunded: i64) -> i64 {
    if total <= 0 { 0 } else { part(gift, total.saturating_sub(refunded).clamp(0, total), total) }
}

/// `amount × share / whole`, rounded down; the share is at most the whole, so it fits.
fn part(amount: i64, share: i64, whole: i64) -> i64 {
    i64::try_from(i128::from(amount) * i128::from(share) / i128::from(whole)).unwrap_or(0)
}

/// What a paid order gives.
#[derive(Debug, Clone, Copy)]
pub struct Gift {
    /// The shop that sold.
    pub shop: ShopId,
    /// The order.
    pub order: OrderId,
    /// To whom.
    pub organisation: OrganisationId,
    /// How much; above zero.
    pub money: Money,
}

/// What a refund takes back of a gift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenBack {
    /// From whom.
    pub organisation: OrganisationId,
    /// How much; above zero.
    pub money: Money,
    /// Whether nothing is left of the gift.
    pub all: bool,
}

/// An organisation that items may give to.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = charity_organisations)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Organisation {
    /// The id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// Its page.
    pub website: Option<String>,
    /// `LISTED` or `DELISTED`.
    pub state: String,
    /// Since when it is listed.
    pub listed_at: Instant,
}

impl Organisation {
    /// Whether items may give to it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.state == "LISTED"
    }
}

/// Whether a text can be an organisation's page.
#[must_use]
pub fn is_website(text: &str) -> bool {
    let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    names::is_line(text, LONGEST_WEBSITE)
        && !text.contains(|c: char| c.is_whitespace() || "<>\"'@".contains(c))
        && host.is_some_and(|host| host.contains('.'))
}

/// Why nothing is set.
#[derive(Debug)]
pub enum CharityRefusal {
    /// The name of an organisation.
    NameInvalid,
    /// Another organisation has it.
    NameTaken,
    /// Its page.
    WebsiteInvalid,
    /// There is no such organisation on the list.
    OrganisationUnknown,
    /// Neither a share nor an amount, or both, or one without an organisation.
    ShareOrAmount,
    /// Not 1 to 10,000 basis points.
    ShareInvalid,
    /// The amount is refused.
    Amount(MoneyError),
    /// The amount is more than the item costs.
    AbovePrice {
        /// The price.
        price: Money,
    },
    /// Nothing can be paid out.
    NothingDue {
        /// For how many days after its settlement a sale may still be disputed.
        days: u32,
    },
    /// The reference of a pay-out.
    ReferenceInvalid,
}

impl Refusal for CharityRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NameInvalid => "NAME_INVALID",
            Self::NameTaken => "NAME_TAKEN",
            Self::WebsiteInvalid => "WEBSITE_INVALID",
            Self::OrganisationUnknown => "ORGANISATION_UNKNOWN",
            Self::ShareOrAmount => "SHARE_OR_AMOUNT",
            Self::ShareInvalid => "SHARE_INVALID",
            Self::Amount(_) => "INVALID_AMOUNT",
            Self::AbovePrice { .. } => "ABOVE_PRICE",
            Self::NothingDue { .. } => "NOTHING_DUE",
            Self::ReferenceInvalid => "REFERENCE_INVALID",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NameInvalid | Self::NameTaken => &["name"],
            Self::WebsiteInvalid => &["website"],
            Self::OrganisationUnknown | Self::NothingDue { .. } => &["organisationId"],
            Self::ReferenceInvalid => &["reference"],
            Self::ShareOrAmount | Self::ShareInvalid => &["shareBasisPoints"],
            Self::Amount(_) | Self::AbovePrice { .. } => &["amount"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NameInvalid => Text::new("A name has 1 to 80 printable characters.", "名称为 1 到 80 个可见字符。"),
            Self::NameTaken => Text::new(
                "Another organisation has this name. Delist that one first, or use another name.",
                "已有同名公益机构,请先下架该机构或使用其他名称。",
            ),
            Self::WebsiteInvalid => Text::new(
                "A website is an https address of at most 200 characters.",
                "网址须为 https 开头且不超过 200 个字符。",
            ),
            Self::OrganisationUnknown => Text::new(
                "This organisation is not on the list. Pick one of charityOrganisations.",
                "该公益机构不在名单中,请从 charityOrganisations 中选择。",
            ),
            Self::ShareOrAmount => Text::new(
                "Say which organisation, and either a share or an amount; or leave all three out to stop giving.",
                "请指定公益机构,并在捐赠比例与捐赠金额中选择一项;三项均不填则停止捐赠。",
            ),
            Self::ShareInvalid => Text::new(
                "A share is 1 to 10,000 basis points (0.01 % to 100 %).",
                "捐赠比例为 1 到 10000 个基点(0.01% 到 100%)。",
            ),
            Self::Amount(error) => error.text(),
            Self::NothingDue { days } => Text::made(
                format!(
                    "Nothing can be paid out yet: a gift goes out once its sale has been settled for {days} days and no refund of it is \
                     open."
                ),
                format!("暂无可拨付的善款:成交结算满 {days} 天且无待处理退款后方可拨付。"),
            ),
            Self::ReferenceInvalid => Text::new(
                "A reference has 1 to 80 printable characters, as the bank shows it.",
                "转账凭证号为 1 到 80 个可见字符。",
            ),
            Self::AbovePrice { price } => Text::made(
                format!("Give at most what the item costs: {price}."),
                format!("捐赠金额不能超过宝贝价格 {price}。"),
            ),
        }
    }
}
