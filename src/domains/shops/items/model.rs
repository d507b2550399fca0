//! Items.

use diesel::prelude::*;

use crate::db::schema::items;
use crate::kernel::ids::{ItemId, ShopId};
use crate::kernel::{Currency, Instant, Money, names};

/// Something a shop sells.
#[derive(Debug, Clone, Queryable, Selectable)]
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

/// Most characters of a title.
pub const LONGEST_TITLE: usize = 120;

/// Whether a text can be a title.
#[must_use]
pub fn is_title(text: &str) -> bool {
    names::is_line(text, LONGEST_TITLE)
}
