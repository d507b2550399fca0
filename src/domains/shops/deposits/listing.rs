//! Whether a shop's deposit lets something be listed at a price (requirements 2.11, 2.12): asked when it is put on sale, and again
//! when its price rises.

use diesel_async::AsyncPgConnection;

use super::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::ShopId;
use crate::kernel::{Currency, Money, Text};

/// Why it is not listed at that price.
#[derive(Debug)]
pub enum Unlisted {
    /// The deposit is less than what the shop lists wants, this item included.
    DepositMissing {
        /// How much is missing.
        missing: Money,
    },
    /// The category wants a deposit, and nobody has said how much in the shop's currency.
    NoRules {
        /// That currency.
        currency: Currency,
    },
}

impl Refusal for Unlisted {
    fn code(&self) -> &'static str {
        match self {
            Self::DepositMissing { .. } => "DEPOSIT_MISSING",
            Self::NoRules { .. } => "DEPOSIT_RULES_MISSING",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["category"]
    }

    fn message(&self) -> Text {
        match self {
            Self::DepositMissing { missing } => Text::made(
                format!("The shop's deposit lacks {missing}. Pay it with payDeposit, then list the item."),
                format!("店铺保证金不足,还需缴纳 {missing}。请通过 payDeposit 缴纳后再发布。"),
            ),
            Self::NoRules { currency } => Text::made(
                format!(
                    "This category wants a deposit, and the platform has no rules for it in {currency} yet. List it in a shop \
                     whose currency itemCategories names, or ask the platform."
                ),
                format!(
                    "该类目需要缴纳保证金,平台尚未设置 {currency} 的标准,请在 itemCategories 所列币种的店铺发布或联系平台。"
                ),
            ),
        }
    }
}

/// Looks whether something of a category may be listed at a price; gives why not.
///
/// # Errors
/// The database's fault.
pub async fn refused(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    category: &str,
    price: Money,
) -> Result<Option<Unlisted>, diesel::result::Error> {
    if store::lacks_rules(conn, category, price.currency).await? {
        return Ok(Some(Unlisted::NoRules { currency: price.currency }));
    }
    let wanted = store::wanted(conn, category, price).await?;
    let mut standing = store::standing(conn, shop, price.currency).await?;
    standing.required.minor = standing.required.minor.max(wanted.minor);
    let missing = standing.missing();
    Ok((missing.minor > 0).then_some(Unlisted::DepositMissing { missing }))
}
