//! `createItem`: puts something on sale.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::shops::deposits::store as deposits;
use crate::domains::shops::items::model::{Item, is_title};
use crate::domains::shops::items::store;
use crate::domains::shops::shop::store as shops;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{ItemId, ShopId};
use crate::kernel::money::{MoneyError, WrittenAmount};
use crate::kernel::{Fault, Money, Text};
use crate::permissions::WholeShop;
use crate::permissions::catalogue::number;

/// Puts an item on sale.
#[derive(Debug, Serialize)]
pub struct CreateItem {
    /// The shop.
    pub shop: ShopId,
    /// Its title.
    pub title: String,
    /// Its price, as written.
    pub price: WrittenAmount,
    /// The code of its category.
    pub category: String,
}

/// The new item.
#[derive(Debug, Serialize, Deserialize)]
pub struct Created {
    /// Its id.
    pub item: ItemId,
}

/// Why an item is not put on sale.
#[derive(Debug)]
pub enum CreateItemRefusal {
    /// The title has characters or a length that titles cannot have.
    TitleInvalid,
    /// The price is refused.
    Price(MoneyError),
    /// There is no such category.
    CategoryUnknown,
    /// The shop is closed.
    Closed,
    /// The shop's deposit is less than what it lists wants, this item included (requirements 2.11, 2.12).
    DepositMissing {
        /// How much is missing.
        missing: Money,
    },
    /// The shop's operator failed a review (requirement 2.9).
    MayNotSell,
}

impl Refusal for CreateItemRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::TitleInvalid => "TITLE_INVALID",
            Self::Price(_) => "INVALID_AMOUNT",
            Self::CategoryUnknown => "CATEGORY_UNKNOWN",
            Self::Closed => "SHOP_CLOSED",
            Self::DepositMissing { .. } => "DEPOSIT_MISSING",
            Self::MayNotSell => "SELLING_SUSPENDED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::TitleInvalid => &["title"],
            Self::Price(_) => &["price"],
            Self::CategoryUnknown | Self::DepositMissing { .. } => &["category"],
            Self::Closed | Self::MayNotSell => &["shopId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::TitleInvalid => {
                Text::new("A title has 1 to 120 printable characters.", "标题为 1 到 120 个可见字符。")
            }
            Self::Price(error) => error.text(),
            Self::CategoryUnknown => Text::new(
                "There is no such category. Pick one of itemCategories.",
                "没有该类目,请从 itemCategories 中选择。",
            ),
            Self::Closed => Text::new("The shop is closed.", "店铺已关闭。"),
            Self::DepositMissing { missing } => Text::made(
                format!("The shop's deposit lacks {missing}. Pay it with payDeposit, then list the item."),
                format!("店铺保证金不足,还需缴纳 {missing}。请通过 payDeposit 缴纳后再发布。"),
            ),
            Self::MayNotSell => Text::new(
                "The shop's main account failed a certification review, so nothing can be listed. It passes a photo first: \
                 startPersonSession.",
                "主账号未通过身份复核,暂不能发布宝贝。请主账号先通过实人认证(startPersonSession)。",
            ),
        }
    }
}

impl Command for CreateItem {
    const NAME: &'static str = "createItem";
    type Output = Created;
    type Refusal = CreateItemRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Created, Fault<CreateItemRefusal>> {
        let permit = tx.permit(const { number("item.create") }, Some(WholeShop(self.shop))).await?;
        if shops::may_not_sell(tx.conn, self.shop).await? {
            return Err(Fault::Refused(CreateItemRefusal::MayNotSell));
        }
        if !is_title(&self.title) {
            return Err(Fault::Refused(CreateItemRefusal::TitleInvalid));
        }
        let price = self.price.read(permit.seat.currency).and_then(Money::positive);
        let price = price.map_err(|error| Fault::Refused(CreateItemRefusal::Price(error)))?;
        let refused = |refusal| Err(Fault::Refused(refusal));
        if !shops::is_open(tx.conn, self.shop).await? {
            return refused(CreateItemRefusal::Closed);
        }
        if !deposits::is_category(tx.conn, &self.category).await? {
            return refused(CreateItemRefusal::CategoryUnknown);
        }
        let wanted = deposits::wanted(tx.conn, &self.category, price).await?;
        let mut standing = deposits::standing(tx.conn, self.shop, price.currency).await?;
        standing.required.minor = standing.required.minor.max(wanted.minor);
        if standing.missing().minor > 0 {
            return refused(CreateItemRefusal::DepositMissing { missing: standing.missing() });
        }
        let item = Item {
            shop_id: self.shop,
            id: ItemId::generate(),
            title: self.title.clone(),
            price_minor: price.minor,
            currency: price.currency,
            state: "LISTED".to_owned(),
            created_at: tx.now,
            category: self.category.clone(),
            charity_organisation_id: None,
            charity_share_bp: None,
            charity_amount_minor: None,
        };
        store::insert(tx.conn, &item).await?;
        tx.record_under(&permit, &item.id, json!({ "title": self.title, "price": price.decimal() }));
        Ok(Created { item: item.id })
    }
}
