//! Orders.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::orders;
use crate::kernel::ids::{AccountId, ItemId, OrderId, ShopId};
use crate::kernel::{Currency, Instant, Money};

/// A buyer's order.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
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
    /// What was paid, in minor units.
    pub total_minor: i64,
    /// What was given back of it, in minor units; never more than was paid.
    pub refunded_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// `PAID`, or `REFUNDED` when all of it was given back.
    pub state: String,
    /// When it was placed.
    pub placed_at: Instant,
}

impl Order {
    /// What was paid.
    #[must_use]
    pub fn total(&self) -> Money {
        Money::new(self.total_minor, self.currency)
    }

    /// What was given back.
    #[must_use]
    pub fn refunded(&self) -> Money {
        Money::new(self.refunded_minor, self.currency)
    }

    /// What could still be given back.
    #[must_use]
    pub fn refundable(&self) -> Money {
        Money::new(self.total_minor - self.refunded_minor, self.currency)
    }
}

/// The most of one item that one order buys.
pub const MOST_PIECES: i32 = 100;
