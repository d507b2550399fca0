//! A third-party service that asks with a token of its own.

use crate::kernel::ids::{ServiceTokenId, ShopId};

/// A service, as one request sees it. It asks about codes of its own, in shops that have it; it does nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCaller {
    /// The service.
    pub service: String,
    /// The only shop it asks about; `None`: every shop that has the service.
    pub shop: Option<ShopId>,
    /// The token it came with.
    pub token: ServiceTokenId,
}

impl ServiceCaller {
    /// Whether it may ask about anything in a shop.
    #[must_use]
    pub fn reaches(&self, shop: ShopId) -> bool {
        self.shop.is_none_or(|own| own == shop)
    }
}
