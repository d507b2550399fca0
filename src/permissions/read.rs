//! What a reader must hold: proofs that stores ask for, which only a check gives.
//!
//! A command gets its record with a [`Permit`](super::Permit); a read gets one of these, and a store that takes it cannot
//! be asked without the check.

use super::{Actor, Number};
use crate::kernel::Instant;
use crate::kernel::ids::ShopId;

/// Proof that the actor may read what a permission opens in one shop.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::manual_non_exhaustive, reason = "nobody else in this crate may make one either")]
pub struct ReadPermit {
    /// The shop.
    pub shop: ShopId,
    _made_here: (),
}

/// Proof that the actor may read what an operator's permission opens, in every shop.
#[derive(Debug, Clone, Copy)]
pub struct PlatformPermit(());

impl PlatformPermit {
    /// The same proof for one shop.
    #[must_use]
    pub fn shop(self, shop: ShopId) -> ReadPermit {
        ReadPermit { shop, _made_here: () }
    }
}

impl Actor {
    /// Opens reading in `shop` to a seat that holds `number` there; `None` for everyone else (requirement 5.1).
    #[must_use]
    pub fn read_permit(&self, shop: ShopId, number: Number, now: Instant) -> Option<ReadPermit> {
        let seat = self.seat(shop)?;
        seat.holds(number, now).then_some(ReadPermit { shop, _made_here: () })
    }

    /// Opens reading on the platform to operators who hold `number`.
    #[must_use]
    pub fn platform_permit(&self, number: Number) -> Option<PlatformPermit> {
        self.platform.has(number).then_some(PlatformPermit(()))
    }
}
