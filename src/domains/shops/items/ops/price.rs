//! `updateItemPrice`: a high-risk permission of its own (requirement 4.14).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
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

/// The price is refused.
#[derive(Debug)]
pub struct BadPrice(MoneyError);

impl Refusal for BadPrice {
    fn code(&self) -> &'static str {
        "INVALID_AMOUNT"
    }

    fn field(&self) -> &'static [&'static str] {
        &["price"]
    }

    fn message(&self) -> Text {
        self.0.text()
    }
}

impl Command for UpdateItemPrice {
    const NAME: &'static str = "updateItemPrice";
    type Output = Repriced;
    type Refusal = BadPrice;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Repriced, Fault<BadPrice>> {
        let locked = store::lock(tx.conn, self.item).await?;
        let permit = tx.permit(const { number("item.price.update") }, locked).await?;
        let item = permit.record();
        let price = self.price.read(permit.seat.currency).and_then(Money::positive);
        let price = price.map_err(|error| Fault::Refused(BadPrice(error)))?;
        store::set_price(tx.conn, item, price).await?;
        let detail = json!({ "from": item.price().decimal(), "to": price.decimal() });
        let changed = Item { price_minor: price.minor, ..item.clone() };
        tx.record_under(&permit, &changed.id, detail);
        Ok(Repriced { item: changed })
    }
}
