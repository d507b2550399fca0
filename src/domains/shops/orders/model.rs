//! Orders.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::orders;
use crate::domains::shops::charity::model::{Gift, standing};
use crate::kernel::ids::{AccountId, ItemId, OrderId, OrganisationId, ShopId};
use crate::kernel::{Currency, Instant, Money};

/// A buyer's order.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Serialize, Deserialize)]
#[diesel(table_name = orders)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Order {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: OrderId,
    /// The buyer.
    pub buyer_account_id: AccountId,
    /// What was bought.
    pub item_id: ItemId,
    /// What it was called then.
    pub item_title: String,
    /// How many.
    pub quantity: i32,
    /// What is to be paid, or was, in minor units.
    pub total_minor: i64,
    /// What was given back of it, in minor units; never more than was paid.
    pub refunded_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// See [`State`].
    pub state: String,
    /// When it was placed.
    pub placed_at: Instant,
    /// The organisation that the sale gives to.
    #[serde(default)]
    pub charity_organisation_id: Option<OrganisationId>,
    /// What it gives if nothing is refunded, in minor units.
    #[serde(default)]
    pub donation_minor: i64,
    /// When its money is the shop's unless the buyer confirms before.
    #[serde(default)]
    pub settle_at: Option<Instant>,
    /// When its money became the shop's.
    #[serde(default)]
    pub settled_at: Option<Instant>,
    /// What of its donation was paid out to the organisation, in minor units: that stands whatever is refunded after it.
    #[serde(default)]
    pub donation_paid_minor: Option<i64>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has paid it yet.
    AwaitingPayment,
    /// It is paid.
    Paid,
    /// All of it was given back.
    Refunded,
}

impl State {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "AWAITING_PAYMENT",
            Self::Paid => "PAID",
            Self::Refunded => "REFUNDED",
        }
    }
}

impl Order {
    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.as_str() {
            "PAID" => State::Paid,
            "REFUNDED" => State::Refunded,
            _ => State::AwaitingPayment,
        }
    }

    /// What is to be paid, or was.
    #[must_use]
    pub fn total(&self) -> Money {
        Money::new(self.total_minor, self.currency)
    }

    /// What was given back.
    #[must_use]
    pub fn refunded(&self) -> Money {
        Money::new(self.refunded_minor, self.currency)
    }

    /// What stands of its donation.
    #[must_use]
    pub fn donation(&self) -> Money {
        let stands = || standing(self.donation_minor, self.total_minor, self.refunded_minor);
        Money::new(self.donation_paid_minor.unwrap_or_else(stands), self.currency)
    }

    /// What it gives, and to whom; nothing for most.
    #[must_use]
    pub fn gift(&self) -> Option<Gift> {
        let organisation = self.charity_organisation_id.filter(|_| self.donation_minor > 0)?;
        Some(Gift {
            shop: self.shop_id,
            order: self.id,
            organisation,
            money: Money::new(self.donation_minor, self.currency),
        })
    }

    /// What could still be given back.
    #[must_use]
    pub fn refundable(&self) -> Money {
        Money::new(self.total_minor - self.refunded_minor, self.currency)
    }
}

/// The most of one item that one order buys.
pub const MOST_PIECES: i32 = 100;
