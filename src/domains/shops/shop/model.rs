//! Shops.

use diesel::prelude::*;

use crate::db::schema::shops;
use crate::kernel::ids::{AccountId, ShopId};
use crate::kernel::{Currency, Instant};

/// A shop.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = shops)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Shop {
    /// The id.
    pub id: ShopId,
    /// The account that owns it.
    pub main_account_id: AccountId,
    /// Its name.
    pub name: String,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// Its time zone, by its IANA name: hours, days and months of limits are counted in it.
    pub time_zone: String,
    /// `OPEN` or `CLOSED`.
    pub state: String,
    /// When it was opened.
    pub created_at: Instant,
}
