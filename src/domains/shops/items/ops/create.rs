//! `createItem`: puts something on sale.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::shops::deposits::listing::{self, Unlisted};
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
    /// The shop's deposit does not let it be listed (requirements 2.11, 2.12).
    Deposit(Unlisted),
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
            Self::Deposit(why) => why.code(),
            Self::MayNotSell => "SELLING_SUSPENDED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::TitleInvalid => &["title"],
            Self::Price(_) => &["price"],
            Self::CategoryUnknown => &["category"],
            Self::Deposit(why) => why.field(),
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
            Self::Deposit(why) => why.message(),
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
        let selling = shops::selling(tx.conn, self.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
        if selling.suspended {
            return Err(Fault::Refused(CreateItemRefusal::MayNotSell));
        }
        if !is_title(&self.title) {
            return Err(Fault::Refused(CreateItemRefusal::TitleInvalid));
        }
        let price = self.price.read(permit.seat.currency).and_then(Money::positive);
        let price = price.map_err(|error| Fault::Refused(CreateItemRefusal::Price(error)))?;
        let refused = |refusal| Err(Fault::Refused(refusal));
        if !selling.open {
            return refused(CreateItemRefusal::Closed);
        }
        if !deposits::is_category(tx.conn, &self.category).await? {
            return refused(CreateItemRefusal::CategoryUnknown);
        }
        if let Some(why) = listing::refused(tx.conn, self.shop, &self.category, price).await? {
            return refused(CreateItemRefusal::Deposit(why));
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
