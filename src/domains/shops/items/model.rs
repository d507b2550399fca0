//! Items.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::items;
use crate::domains::shops::charity::model::Giving;
use crate::kernel::ids::{ItemId, OrganisationId, ShopId};
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
    /// The organisation that it gives to, if it is a charity item.
    #[serde(default)]
    pub charity_organisation_id: Option<OrganisationId>,
    /// Which share of each sale, in basis points.
    #[serde(default)]
    pub charity_share_bp: Option<i32>,
    /// Or how much for each sale, in minor units.
    #[serde(default)]
    pub charity_amount_minor: Option<i64>,
}

impl Item {
    /// Its price.
    #[must_use]
    pub fn price(&self) -> Money {
        Money::new(self.price_minor, self.currency)
    }
}

impl Item {
    /// What it gives of each sale, and to whom; nothing unless it is a charity item.
    #[must_use]
    pub fn giving(&self) -> Option<(OrganisationId, Giving)> {
        let share = self.charity_share_bp.map(Giving::Share);
        Some((self.charity_organisation_id?, share.or(self.charity_amount_minor.map(Giving::Amount))?))
    }

    /// The same item with other terms.
    #[must_use]
    pub fn giving_to(&self, terms: Option<(OrganisationId, Giving)>) -> Self {
        let (share, amount) = match terms {
            Some((_, Giving::Share(points))) => (Some(points), None),
            Some((_, Giving::Amount(minor))) => (None, Some(minor)),
            None => (None, None),
        };
        Self {
            charity_organisation_id: terms.map(|(organisation, _)| organisation),
            charity_share_bp: share,
            charity_amount_minor: amount,
            ..self.clone()
        }
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
