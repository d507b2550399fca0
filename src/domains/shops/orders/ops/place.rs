//! `placeOrder`: a buyer buys, and pays at once with a method of theirs, or later. The money waits in the shop's escrow.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::addresses;
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::domains::payments::{self, Bill, NewPayment, Payment, PaymentRefusal, Purpose};
use crate::domains::shops::items::store as items;
use crate::domains::shops::orders::model::{MOST_PIECES, Order, State};
use crate::domains::shops::orders::{hooks, store};
use crate::domains::shops::shop::store as shops;
use crate::domains::shops::{charity, events};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AddressId, ItemId, OrderId, PaymentMethodId, ShopId, TypedId};
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
    /// With what to pay at once, in the order in which methods are tried.
    pub methods: Vec<PaymentMethodId>,
    /// Whether it is to be paid later. Without methods it always is, except with play money.
    pub later: bool,
    /// Where it is delivered to: one of the buyer's own delivery addresses.
    pub address: Option<AddressId>,
}

/// The new order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// Its payment, if one began.
    pub payment: Option<Payment>,
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
    /// It is to be paid now and later.
    NowOrLater,
    /// It is not paid.
    Payment(PaymentRefusal),
    /// The shop's operator failed a review (requirement 2.9).
    MayNotSell,
}

impl Refusal for PlaceRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::QuantityInvalid => "QUANTITY_INVALID",
            Self::OwnShop => "OWN_SHOP",
            Self::TooLarge => "INVALID_AMOUNT",
            Self::NowOrLater => "PAY_NOW_OR_LATER",
            Self::Payment(refusal) => refusal.code(),
            Self::MayNotSell => "SELLING_SUSPENDED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::QuantityInvalid | Self::TooLarge => &["quantity"],
            Self::OwnShop | Self::MayNotSell => &["shopId"],
            Self::NowOrLater => &["payLater"],
            Self::Payment(refusal) => refusal.field(),
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
            Self::NowOrLater => Text::new(
                "Name payment methods, or say payLater; not both.",
                "paymentMethodIds 与 payLater 只能选择一项。",
            ),
            Self::Payment(refusal) => refusal.message(),
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
        if self.later && !self.methods.is_empty() {
            return Err(Fault::Refused(PlaceRefusal::NowOrLater));
        }
        if !(1..=MOST_PIECES).contains(&self.quantity) {
            return Err(Fault::Refused(PlaceRefusal::QuantityInvalid));
        }
        let missing = || Fault::NotFound { what: "item" };
        let selling = shops::selling(tx.conn, self.shop).await?.filter(|shop| shop.open).ok_or_else(missing)?;
        if selling.suspended {
            return Err(Fault::Refused(PlaceRefusal::MayNotSell));
        }
        let address = match self.address {
            Some(id) => {
                let row = addresses::store::get(tx.conn, buyer, id).await?;
                Some(row.ok_or(Fault::NotFound { what: "address" })?)
            }
            None => None,
        };
        let item = items::listed(tx.conn, self.shop, self.item).await?.ok_or_else(missing)?;
        let total =
            item.price().checked_mul(i64::from(self.quantity)).map_err(|_| Fault::Refused(PlaceRefusal::TooLarge))?;
        let by_play_money = self.methods.is_empty() && !self.later && tx.env.payments.play_money;
        let state = if by_play_money { State::Paid } else { State::AwaitingPayment };
        let gift = match item.giving() {
            Some((organisation, giving)) if charity::store::is_listed(tx.conn, organisation).await? => {
                Some((organisation, giving.of(total.minor))).filter(|(_, minor)| *minor > 0)
            }
            _ => None,
        };
        let paid_till = Some(hooks::settles_at(tx));
        let mut order = Order {
            shop_id: self.shop,
            id: OrderId::generate(),
            buyer_account_id: buyer,
            item_id: item.id,
            item_title: item.title,
            quantity: self.quantity,
            total_minor: total.minor,
            refunded_minor: 0,
            currency: total.currency,
            state: state.text().to_owned(),
            placed_at: tx.now,
            charity_organisation_id: gift.map(|(organisation, _)| organisation),
            donation_minor: gift.map_or(0, |(_, minor)| minor),
            settle_at: paid_till.filter(|_| by_play_money),
            settled_at: None,
            donation_paid_minor: None,
        };
        // As it is now: what is changed in the address book later does not redirect a parcel.
        store::insert(tx.conn, &order, address.as_ref().map(|row| row.place.as_slice())).await?;
        if let Some(row) = &address {
            let payload = json!({ "account": buyer, "address": row.id });
            tx.emit(Event { topic: addresses::USED, shop: None, payload });
        }
        let mut payment = None;
        if by_play_money {
            let outside = ledger::account(tx.conn, buyer.uuid(), AccountKind::Outside, total.currency).await?;
            let escrow = ledger::account(tx.conn, self.shop.uuid(), AccountKind::Escrow, total.currency).await?;
            let movement = Movement::new(self.shop, EntryKind::OrderPaid, order.id, outside, escrow, total, tx.now);
            ledger::leave(tx, &movement);
            if let Some(gift) = order.gift() {
                charity::give(tx, &gift).await?;
            }
        } else if !self.methods.is_empty() {
            let bill = Bill {
                paid: false,
                purpose: Purpose::Order,
                subject: order.id.uuid(),
                shop: self.shop,
                debtor: buyer,
                payee: Some(selling.owner),
                stopped: None,
                amount: total,
                category: item.category,
                title: order.item_title.clone(),
            };
            let new = NewPayment { bill: &bill, payer: buyer, methods: &self.methods, relation: None };
            let begun = payments::start(tx, &new).await.map_err(|fault| fault.map_refusal(PlaceRefusal::Payment))?;
            if begun.state() == payments::PaymentState::Captured {
                (order.state, order.settle_at) = (State::Paid.text().to_owned(), paid_till);
            }
            payment = Some(begun);
        }
        tx.record(Entry {
            chain: Chain::Shop(self.shop),
            target: order.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "total": total.decimal(), "state": order.state }),
        });
        tx.emit(Event {
            topic: events::ORDER_PLACED,
            shop: Some(self.shop),
            payload: json!({
                "shop": self.shop, "order": order.id, "total": total.decimal(), "paid": order.state() == State::Paid,
            }),
        });
        Ok(Placed { order, payment })
    }
}
