//! `placeOrder`: a buyer buys. The money comes from outside and waits in the shop's escrow account.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::shops::events;
use crate::domains::shops::items::store as items;
use crate::domains::shops::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::shops::orders::model::{MOST_PIECES, Order};
use crate::domains::shops::orders::store;
use crate::domains::shops::shop::store as shops;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{ItemId, OrderId, ShopId, TypedId};
use crate::kernel::{Fault, Subject, Text};

/// Buys pieces of an item.
#[derive(Debug, Serialize)]
pub struct PlaceOrder {
    /// The shop.
    pub shop: ShopId,
    /// The item.
    pub item: ItemId,
    /// How many pieces.
    pub quantity: i32,
}

/// The new order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Placed {
    /// The order.
    pub order: Order,
}

/// Why nothing is bought.
#[derive(Debug)]
pub enum PlaceRefusal {
    /// Fewer than one piece or more than [`MOST_PIECES`].
    QuantityInvalid,
    /// It is the buyer's own shop.
    OwnShop,
    /// The sum does not fit.
    TooLarge,
    /// The shop's operator failed a review (requirement 2.9).
    MayNotSell,
}

impl Refusal for PlaceRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::QuantityInvalid => "QUANTITY_INVALID",
            Self::OwnShop => "OWN_SHOP",
            Self::TooLarge => "INVALID_AMOUNT",
            Self::MayNotSell => "SELLING_SUSPENDED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::QuantityInvalid | Self::TooLarge => &["quantity"],
            Self::OwnShop | Self::MayNotSell => &["shopId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::QuantityInvalid => Text::new("Buy 1 to 100 pieces at a time.", "每次购买 1 到 100 件。"),
            Self::MayNotSell => Text::new(
                "The shop sells nothing at the moment. Try again later, or buy elsewhere.",
                "该店铺暂停销售,请稍后再试或选择其他店铺。",
            ),
            Self::OwnShop => Text::new("Nobody buys in their own shop.", "不能购买自己店铺的宝贝。"),
            Self::TooLarge => Text::new("The sum is too large.", "金额过大。"),
        }
    }
}

impl Command for PlaceOrder {
    const NAME: &'static str = "placeOrder";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Placed;
    type Refusal = PlaceRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Placed, Fault<PlaceRefusal>> {
        let actor = tx.actor()?;
        let Subject::Account { id: buyer } = actor.subject else { return Err(Fault::NotFound { what: "account" }) };
        if actor.seat(self.shop).is_some() {
            return Err(Fault::Refused(PlaceRefusal::OwnShop));
        }
        if !(1..=MOST_PIECES).contains(&self.quantity) {
            return Err(Fault::Refused(PlaceRefusal::QuantityInvalid));
        }
        if shops::may_not_sell(tx.conn, self.shop).await? {
            return Err(Fault::Refused(PlaceRefusal::MayNotSell));
        }
        let item = items::listed(tx.conn, self.shop, self.item).await?.ok_or(Fault::NotFound { what: "item" })?;
        let total =
            item.price().checked_mul(i64::from(self.quantity)).map_err(|_| Fault::Refused(PlaceRefusal::TooLarge))?;
        let order = Order {
            shop_id: self.shop,
            id: OrderId::generate(),
            buyer_account_id: buyer,
            item_id: item.id,
            item_title: item.title,
            quantity: self.quantity,
            total_minor: total.minor,
            refunded_minor: 0,
            currency: total.currency,
            state: "PAID".to_owned(),
            placed_at: tx.now,
        };
        store::insert(tx.conn, &order).await?;
        let outside = ledger::account(tx.conn, buyer.uuid(), AccountKind::Outside, total.currency).await?;
        let escrow = ledger::account(tx.conn, self.shop.uuid(), AccountKind::Escrow, total.currency).await?;
        let movement = Movement::new(self.shop, EntryKind::OrderPaid, order.id, outside, escrow, total, tx.now);
        tx.leave(ledger::posting(&movement));
        tx.record(Entry {
            chain: Chain::Shop(self.shop),
            target: order.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "total": total.decimal(), ledger::DETAIL_KEY: ledger::audit_detail(&movement) }),
        });
        tx.emit(Event {
            topic: events::ORDER_PLACED,
            shop: Some(self.shop),
            payload: json!({ "shop": self.shop, "order": order.id, "total": total.decimal() }),
        });
        Ok(Placed { order })
    }
}
