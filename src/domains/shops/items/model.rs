//! Items.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::items;
use crate::kernel::ids::{ItemId, ShopId};
use crate::kernel::{Currency, Instant, Money, names};
use crate::permissions::Guarded;

/// Something a shop sells.
#[derive(Debug, Clone, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = items)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Item {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: ItemId,
    /// Its title.
    pub title: String,
    /// Its price, in minor units.
    pub price_minor: i64,
    /// The currency of the price.
    pub currency: Currency,
    /// `LISTED` or `DELETED`.
    pub state: String,
    /// When it was put on sale.
    pub created_at: Instant,
    /// What it is, such as `general`.
    pub category: String,
}

impl Item {
    /// Its price.
    #[must_use]
    pub fn price(&self) -> Money {
        Money::new(self.price_minor, self.currency)
    }
}

impl Guarded for Item {
    const KIND: &'static str = "item";
    fn shop(&self) -> ShopId {
        self.shop_id
    }
    fn target(&self) -> String {
        self.id.to_string()
    }
}

/// Most characters of a title.
pub const LONGEST_TITLE: usize = 120;

/// Whether a text can be a title.
#[must_use]
pub fn is_title(text: &str) -> bool {
    names::is_line(text, LONGEST_TITLE)
}
