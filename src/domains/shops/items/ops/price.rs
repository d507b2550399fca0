//! `updateItemPrice`: a high-risk permission of its own (requirement 4.14).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::shops::deposits::listing::{self, Unlisted};
use crate::domains::shops::items::model::Item;
use crate::domains::shops::items::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::ItemId;
use crate::kernel::money::{MoneyError, WrittenAmount};
use crate::kernel::{Fault, Money, Text};
use crate::permissions::catalogue::number;

/// Changes the price of an item.
#[derive(Debug, Serialize)]
pub struct UpdateItemPrice {
    /// The item.
    pub item: ItemId,
    /// Its new price, as written.
    pub price: WrittenAmount,
}

/// The item as it is now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Repriced {
    /// The item.
    pub item: Item,
}

/// Why the price is not changed.
#[derive(Debug)]
pub enum PriceRefusal {
    /// The price is refused.
    Price(MoneyError),
    /// The shop's deposit does not let the item be listed at it (requirement 2.11).
    Deposit(Unlisted),
}

impl Refusal for PriceRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Price(_) => "INVALID_AMOUNT",
            Self::Deposit(why) => why.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["price"]
    }

    fn message(&self) -> Text {
        match self {
            Self::Price(error) => error.text(),
            Self::Deposit(why) => why.message(),
        }
    }
}

impl Command for UpdateItemPrice {
    const NAME: &'static str = "updateItemPrice";
    type Output = Repriced;
    type Refusal = PriceRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Repriced, Fault<PriceRefusal>> {
        let locked = store::lock(tx.conn, self.item).await?;
        let permit = tx.permit(const { number("item.price.update") }, locked).await?;
        let item = permit.record();
        let price = self.price.read(permit.seat.currency).and_then(Money::positive);
        let price = price.map_err(|error| Fault::Refused(PriceRefusal::Price(error)))?;
        // What was listed cheaply does not become dear without the deposit that it would have taken then.
        if price.minor > item.price_minor
            && let Some(why) = listing::refused(tx.conn, item.shop_id, &item.category, price).await?
        {
            return Err(Fault::Refused(PriceRefusal::Deposit(why)));
        }
        store::set_price(tx.conn, item, price).await?;
        let detail = json!({ "from": item.price().decimal(), "to": price.decimal() });
        let changed = Item { price_minor: price.minor, ..item.clone() };
        tx.record_under(&permit, &changed.id, detail);
        Ok(Repriced { item: changed })
    }
}
