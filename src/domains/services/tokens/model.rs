//! Tokens of services. Pure.

use diesel::prelude::*;

use crate::db::schema::service_tokens;
use crate::kernel::Instant;
use crate::kernel::ids::{ServiceTokenId, ShopId};
use crate::permissions::Guarded;

/// Most characters of a label.
pub const LONGEST_LABEL: usize = 60;

/// A token, without what opens the door.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = service_tokens)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct ServiceToken {
    /// The id.
    pub id: ServiceTokenId,
    /// The service.
    pub service: String,
    /// The shop that issued it; `None`: an operator did.
    pub shop_id: Option<ShopId>,
    /// What it is for, in the words of whoever issued it.
    pub label: String,
    /// Who issued it, by the name in the records.
    pub issued_by: String,
    /// When.
    pub issued_at: Instant,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

/// A token that a shop issued, for the check that hands it over.
#[derive(Debug)]
pub struct ShopToken(pub ServiceToken, pub ShopId);

impl Guarded for ShopToken {
    const KIND: &'static str = "serviceToken";
    fn shop(&self) -> ShopId {
        self.1
    }
    fn target(&self) -> String {
        self.0.id.to_string()
    }
}
